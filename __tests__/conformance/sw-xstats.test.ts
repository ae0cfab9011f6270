/**
 * The rows of DPDK's `sw_evdev_selftest.c` about extended statistics.
 *
 * Restated: credits, since all 4096 are split over four ports at the start (event_sw lends 32 at a
 * time); eight levels per queue instead of four. `dequeue_calls`, the histogram behind it and
 * `avg_pkt_cycles` do not exist: lib/control/README.md says why.
 */
import { expect, test } from '@jest/globals';
import type { Domain, XstatsMode } from '../../lib/index.js';
import { refusalOf } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';
import { enqueue, mustBeOne, swQueue, swRig } from './upstream.js';

const CREDITS = 4096 / 4;
const PORT_NAMES = ['rx', 'tx', 'drop', 'inflight', 'credits'];
const RING_NAMES = ['rx_ring_used', 'rx_ring_free', 'cq_ring_used', 'cq_ring_free'];
const QUEUE_NAMES = ['rx', 'tx', 'drop', 'inflight'];
const DEVICE = {
  dev_rx: 0,
  dev_tx: 0,
  dev_drop: 0,
  dev_sched_calls: 1,
  dev_sched_no_iq_enq: 0,
  dev_sched_no_cq_enq: 0,
  dev_sched_last_iter_bitmask: 4,
  dev_sched_progress_last_iter: 1,
};

/** Q0 atomic to P2 of four, and as many events of one flow through P0. */
async function scheduled(count: number, flowId: number): Promise<Rig> {
  const r = await swRig([swQueue('atomic')], [[], [], [0], []]);
  for (let i = 0; i < count; i++) mustBeOne(enqueue(r.ports[0]!, { flowId, payload: i }));
  r.pass();
  return r;
}

/** Name to value of these, and of all others that are not 0. */
function read(domain: Domain, mode: XstatsMode, names: readonly string[]): Record<string, number> {
  const values = domain.xstats(mode, 0);
  const all = domain.xstatsNames(mode, 0).map(({ name }, i) => [name, values[i]!] as const);
  return Object.fromEntries(all.filter(([name, value]) => names.includes(name) || value !== 0));
}

test('sw 16: xstats', async () => {
  const r = await scheduled(3, 7);
  const { domain } = r;
  const device = { ...DEVICE, dev_rx: 3, dev_tx: 3 };
  expect(domain.xstatsNames('device').map(({ name }) => name)).toEqual(Object.keys(device));
  expect(domain.xstats('device')).toEqual(Object.values(device));
  domain.resetXstats('device');
  expect(domain.xstats('device')).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);

  const portNames = [...PORT_NAMES, ...RING_NAMES].map((name) => `port_0_${name}`);
  const levels = {
    port_0_tx: 0,
    port_0_drop: 0,
    port_0_inflight: 0,
    port_0_credits: CREDITS - 3,
    port_0_rx_ring_used: 0,
    port_0_rx_ring_free: 4096,
    port_0_cq_ring_used: 0,
    port_0_cq_ring_free: 32,
  };
  expect(read(domain, 'port', portNames)).toEqual({ port_0_rx: 3, ...levels });
  domain.resetXstats('port', 0);
  expect(read(domain, 'port', portNames)).toEqual({ port_0_rx: 0, ...levels });

  const queueNames = QUEUE_NAMES.map((name) => `qid_0_${name}`);
  const staying = { qid_0_drop: 0, qid_0_inflight: 3, qid_0_port_2_pinned_flows: 1 };
  const counts = { qid_0_rx: 3, qid_0_tx: 3, qid_0_port_2_packets: 3 };
  expect(read(domain, 'queue', queueNames)).toEqual({ ...staying, ...counts });
  domain.resetXstats('queue', 0);
  expect(read(domain, 'queue', queueNames)).toEqual({ ...staying, qid_0_rx: 0, qid_0_tx: 0 });
  expect((await refusalOf(() => domain.xstats('queue', 1))).code).toBe('ERR_DLB_INVALID_QID');
});

/** Each by its name, then reset by its number alone: value before and after. */
function resetEach(
  domain: Domain,
  mode: XstatsMode,
  id: number,
  expected: Record<string, readonly [before: number, after: number]>,
): void {
  const numbers = new Map(domain.xstatsNames(mode, id).map((each) => [each.name, each.id]));
  for (const [name, [before, after]] of Object.entries(expected)) {
    const number = numbers.get(name)!;
    expect([name, domain.xstatByName(name)]).toEqual([name, { id: number, value: before }]);
    domain.resetXstats(mode, id, [number]);
    expect([name, domain.xstatByName(name)]).toEqual([name, { id: number, value: after }]);
  }
}

test('sw 17: xstats ID reset', async () => {
  const { domain } = await scheduled(7, 0);
  const device = Object.entries({ ...DEVICE, dev_rx: 7, dev_tx: 7 });
  resetEach(
    domain,
    'device',
    0,
    Object.fromEntries(device.map(([name, value]) => [name, [value, 0]])),
  );
  resetEach(domain, 'port', 2, {
    port_2_rx: [0, 0],
    port_2_tx: [7, 0],
    port_2_drop: [0, 0],
    port_2_inflight: [7, 7],
    port_2_credits: [CREDITS, CREDITS],
    port_2_rx_ring_used: [0, 0],
    port_2_rx_ring_free: [4096, 4096],
    port_2_cq_ring_used: [7, 7],
    port_2_cq_ring_free: [25, 25],
  });
  const idle = [0, 1, 3].flatMap((port) => [
    [`qid_0_port_${port}_pinned_flows`, [0, 0]],
    [`qid_0_port_${port}_packets`, [0, 0]],
  ]);
  const levels = Array.from({ length: 8 }, (_, iq) => [`qid_0_iq_${iq}_used`, [0, 0]]);
  resetEach(domain, 'queue', 0, {
    qid_0_rx: [7, 0],
    qid_0_tx: [7, 0],
    qid_0_drop: [0, 0],
    qid_0_inflight: [7, 7],
    qid_0_port_2_pinned_flows: [1, 1],
    qid_0_port_2_packets: [7, 0],
    ...Object.fromEntries([...idle, ...levels]),
  });
});

test('sw 18: xstats brute force', async () => {
  const { domain } = await swRig([swQueue('atomic')], [[0], [], [], []]);
  const counts = { device: Infinity, port: 4, queue: 1 };
  for (const mode of ['device', 'port', 'queue'] as const) {
    for (let id = 0; id < 255; id++) {
      const names = domain.xstatsNames(mode, id);
      if (id < counts[mode]) expect(domain.xstats(mode, id)).toHaveLength(names.length);
      else expect((await refusalOf(() => domain.xstats(mode, id))).details['field']).toBe('id');
    }
  }
});

test('sw 19: xstats ID abuse', async () => {
  const { domain } = await swRig([swQueue('atomic')], [[], [], [0], []]);
  expect(domain.xstatsNames('port', 254)).toEqual([]);
  expect(domain.xstatsNames('queue', 254)).toEqual([]);
});
