/** Extended statistics: by name and number, with reset. Rows of DPDK's event_sw self-test. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import type { Domain, XstatsMode } from '../../lib/index.js';
import { fresh, refusalOf, rig, send, take, took } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const MODES = ['device', 'port', 'queue'] as const;

/** Name to value. */
function read(domain: Domain, mode: XstatsMode, id?: number): Record<string, number> {
  const values = domain.xstats(mode, id);
  const names = domain.xstatsNames(mode, id).map(({ name }) => name);
  expect(values).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

/** The same, without what is 0. */
function shown(domain: Domain, mode: XstatsMode, id?: number): Record<string, number> {
  const all = Object.entries(read(domain, mode, id));
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

/** Four ports, Q0 atomic to P2. */
function fourPorts(): Promise<Rig> {
  return rig({
    eventsLimit: 128,
    queues: [{ type: 'atomic' }],
    ports: [{ dequeueDepth: 32 }, {}, { links: [0], dequeueDepth: 32 }, {}],
  });
}

test('event_sw 16: three events of one flow, before and after a reset', async () => {
  const { domain, ports, pass } = await fourPorts();
  send(ports[0]!, ...fresh(3, { flowId: 7 }));
  pass();
  const device = {
    dev_rx: 3,
    dev_tx: 3,
    dev_drop: 0,
    dev_sched_calls: 1,
    dev_sched_no_iq_enq: 0,
    dev_sched_no_cq_enq: 0,
    dev_sched_last_iter_bitmask: 4,
    dev_sched_progress_last_iter: 1,
  };
  expect(read(domain, 'device')).toEqual(device);
  expect(Object.keys(read(domain, 'device'))).toEqual(Object.keys(device));
  const levels = { port_0_credits: 29, port_0_rx_ring_free: 128, port_0_cq_ring_free: 32 };
  expect(shown(domain, 'port', 0)).toEqual({ port_0_rx: 3, ...levels });
  const queue = { qid_0_inflight: 3, qid_0_port_2_pinned_flows: 1 };
  const counts = { qid_0_rx: 3, qid_0_tx: 3, qid_0_port_2_packets: 3 };
  expect(shown(domain, 'queue', 0)).toEqual({ ...queue, ...counts });
  expect((await refusalOf(() => domain.xstats('queue', 1))).code).toBe('ERR_DLB_INVALID_QID');

  domain.resetXstats('device');
  expect(shown(domain, 'device')).toEqual({});
  domain.resetXstats('port', 0);
  expect(shown(domain, 'port', 0)).toEqual(levels);
  domain.resetXstats('queue', 0);
  expect(shown(domain, 'queue', 0)).toEqual(queue);
});

test('event_sw 18: no mode and no number breaks anything', async () => {
  const { domain } = await fourPorts();
  const counts = { device: 1, port: 4, queue: 1 };
  for (const mode of MODES) {
    for (let id = 0; id < 255; id++) {
      const names = domain.xstatsNames(mode, id);
      const there = mode === 'device' || id < counts[mode];
      expect(names.length > 0).toBe(there);
      if (there) expect(domain.xstats(mode, id)).toHaveLength(names.length);
      else expect((await refusalOf(() => domain.xstats(mode, id))).details['field']).toBe('id');
    }
  }
});

test('event_sw 19: a port or queue that does not exist has no names', async () => {
  const { domain } = await fourPorts();
  for (const id of [254, 4, -1, 0.5, Number.NaN]) {
    expect(domain.xstatsNames('port', id)).toEqual([]);
    expect(domain.xstatsNames('queue', id)).toEqual([]);
  }
});

test('names and numbers are unique, and lead to the same value', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(5), { queueId: 1 });
  r.pass();
  const all = MODES.flatMap((mode) => r.domain.xstatsNames(mode));
  expect(all.map(({ id }) => id)).toEqual([...all.keys()]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  const values = MODES.flatMap((mode) => r.domain.xstats(mode));
  expect(all.map(({ name }) => r.domain.xstatByName(name))).toEqual(
    all.map(({ id }, i) => ({ id, value: values[i] })),
  );
  const port2 = r.domain.xstatsNames('port', 2).map(({ id }) => id);
  const backwards = port2.toReversed();
  expect(r.domain.xstats('port', 2, backwards)).toEqual(r.domain.xstats('port', 2).toReversed());
  expect(r.domain.xstats('port', undefined, port2)).toEqual(r.domain.xstats('port', 2));
  expect(r.domain.xstats('port', 2, [])).toEqual([]);
});

test.each(['', 'rx', 'dev_', 'dev_nothing', 'port_0', 'port_3_rx', 'port_00_rx', 'qid_1_rx', 'q'])(
  'nothing has the name %p',
  async (name) => {
    const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, {}, {}] });
    expect(r.domain.xstatByName(name)).toBeUndefined();
  },
);

test.each([
  ['ERR_DLB_INVALID_PORT_ID', 'id', ['port', 4]],
  ['ERR_DLB_INVALID_PORT_ID', 'id', ['port', -1]],
  ['ERR_DLB_INVALID_PORT_ID', 'id', ['port', Number.NaN]],
  ['ERR_DLB_INVALID_QID', 'id', ['queue', 1]],
  ['ERR_DLB_INVALID_QID', 'id', ['queue', 0.5]],
  ['ERR_DLB_INVALID_ARGUMENT', 'mode', ['ports' as 'port', 0]],
  ['ERR_DLB_INVALID_ARGUMENT', 'ids', ['port', 0, 8 as unknown as number[]]],
  ['ERR_DLB_INVALID_ARGUMENT', 'ids[1]', ['device', 0, [0, 8]]],
  ['ERR_DLB_INVALID_ARGUMENT', 'ids[0]', ['port', 1, [8]]],
  ['ERR_DLB_INVALID_ARGUMENT', 'ids[0]', ['device', undefined, [0.5]]],
] as const)('%s for %s: %p', async (code, name, [mode, id, ids]) => {
  const { domain, ports, pass } = await fourPorts();
  send(ports[0]!, ...fresh(3));
  pass();
  const before = MODES.map((each) => domain.xstats(each));
  for (const call of ['xstats', 'resetXstats'] as const) {
    const error = await refusalOf(() => domain[call](mode, id, ids));
    expect([error.code, error.details['field']]).toEqual([code, name]);
  }
  expect(MODES.map((each) => domain.xstats(each))).toEqual(before);
});

test('a reset concerns what it names, in stats() as well', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'parallel' }],
    ports: [{}, { links: [0, 1] }],
  });
  send(r.ports[0]!, ...fresh(2), ...fresh(3, { queueId: 1 }), { queueId: 9 });
  r.pass();
  const { domain } = r;
  const numberOf = (name: string): number => domain.xstatByName(name)!.id;
  // A level among them is passed over.
  domain.resetXstats('port', 0, [numberOf('port_0_drop'), numberOf('port_0_credits')]);
  expect(r.stats().ports[0]).toMatchObject({ rx: 6, dropped: 0 });
  domain.resetXstats('queue', 1);
  expect(r.stats().queues).toMatchObject([
    { rx: 2, tx: 2 },
    { rx: 0, tx: 0, inflight: 3 },
  ]);
  expect(shown(domain, 'queue', 1)).toEqual({ qid_1_inflight: 3 });
  expect(r.stats()).toMatchObject({ rx: 6, tx: 5 });
  domain.resetXstats('port');
  expect(r.stats().ports).toMatchObject([{ rx: 0 }, { tx: 0, inflight: 5 }]);
  domain.resetStats();
  expect(shown(domain, 'device')).toEqual({});
  expect(shown(domain, 'queue', 0)).toEqual({ qid_0_inflight: 2 });
  // Counting goes on from there.
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(shown(domain, 'queue', 0)).toEqual({
    qid_0_rx: 2,
    qid_0_tx: 2,
    qid_0_inflight: 4,
    qid_0_port_1_packets: 2,
  });
});

test('passes that took in or delivered nothing, and what the last one did', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 2 }],
  });
  const passes = (): number[] => r.domain.xstats('device').slice(3);
  r.pass();
  expect(passes()).toEqual([1, 1, 1, 0, 0]);
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  expect(passes()).toEqual([2, 1, 1, 2, 1]);
  // Its CQ is full.
  send(r.ports[0]!, {});
  r.pass();
  expect(passes()).toEqual([3, 1, 2, 0, 1]);
  took(r.ports[1]!);
  r.pass();
  expect(passes()).toEqual([4, 2, 2, 2, 1]);
  // A completion is progress, and no event.
  r.ports[1]!.release(2);
  r.pass();
  expect(passes()).toEqual([5, 3, 3, 0, 1]);
  r.domain.resetXstats('device');
  expect(passes()).toEqual([0, 0, 0, 0, 0]);
});

test('ports above 31 have a bitmask of their own', async () => {
  const linked = new Set([0, 31, 40, 63]);
  const ports = Array.from({ length: 64 }, (_, id) => ({ links: linked.has(id) ? [0] : [] }));
  const r = await rig({ eventsLimit: 256, queues: [{ type: 'parallel' }], ports });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(shown(r.domain, 'device')).toMatchObject({
    dev_sched_last_iter_bitmask: 0x8000_0001,
    dev_sched_last_iter_bitmask_high: 0x8000_0100,
  });
  expect(r.domain.xstatsNames('port', 63)[0]!.name).toBe('port_63_rx');
});

test('why a port was refused, by the reason', async () => {
  const r = await rig({
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{ enqueueDepth: 2 }, { newEventThreshold: 1 }],
  });
  send(r.ports[0]!, ...fresh(3));
  send(r.ports[0]!, ...fresh(2));
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  send(r.ports[1]!, ...fresh(4));
  const [a, b] = [0, 1].map((id) => read(r.domain, 'port', id));
  expect(a).toMatchObject({
    port_0_tx_nospc_inflight_credits: 1,
    port_0_tx_nospc_new_event_limit: 0,
    port_0_tx_nospc_enqueue_depth: 1,
  });
  expect(b).toMatchObject({
    port_1_tx_nospc_inflight_credits: 0,
    port_1_tx_nospc_new_event_limit: 1,
    port_1_tx_nospc_enqueue_depth: 0,
  });
});

test('packets counts every delivery, levels stand where events wait', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 2 }, { links: [0], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(6, { flowId: 1 }));
  r.pass();
  take(r.ports[2]!, 1);
  expect(shown(r.domain, 'queue', 0)).toEqual({
    qid_0_rx: 6,
    qid_0_tx: 4,
    qid_0_inflight: 4,
    qid_0_iq_4_used: 2,
    qid_0_port_2_pinned_flows: 1,
    qid_0_port_2_packets: 4,
  });
  expect(read(r.domain, 'port', 2)).toMatchObject({
    port_2_tx: 4,
    port_2_inflight: 4,
    port_2_cq_ring_used: 3,
    port_2_cq_ring_free: 1,
  });
  await r.domain.reclaim(2);
  r.pass();
  expect(shown(r.domain, 'queue', 0)).toMatchObject({
    qid_0_tx: 6,
    qid_0_port_1_packets: 2,
    qid_0_port_2_packets: 4,
  });
});

test('of a scheduler worker they are read as those of an inline device', async () => {
  await using device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }],
  });
  const port = attachPort(domain.attachment(0));
  await domain.start();
  send(port, ...fresh(3));
  const burst = new EventBurst(8);
  for (let got = 0; got < 3;) got += port.dequeueBurst(burst, 8, 1000);
  port.release(3);
  await domain.stop();
  expect(read(domain, 'device')).toMatchObject({ dev_rx: 3, dev_tx: 3, dev_drop: 0 });
  expect(shown(domain, 'queue')).toEqual({ qid_0_rx: 3, qid_0_tx: 3, qid_0_port_0_packets: 3 });
  expect(domain.dump()).toContain('passes    all ');
});

test('every refusal has a counter of its own', async () => {
  const r = await rig({
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{ newEventThreshold: 2, enqueueDepth: 4 }, {}],
    started: false,
  });
  const value = (name: string): number => r.domain.xstatByName(`port_0_tx_${name}`)!.value;
  expect(send(r.ports[0]!, {})).toBe(0);
  await r.domain.start();
  send(r.ports[0]!, ...fresh(4));
  await r.domain.disablePort(0);
  expect(send(r.ports[0]!, {})).toBe(0);
  const names = ['not_started', 'port_disabled', 'nospc_new_event_limit', 'nospc_enqueue_depth'];
  expect(names.map(value)).toEqual([1, 1, 1, 0]);
  r.domain.resetXstats('port', 0);
  expect(names.map(value)).toEqual([0, 0, 0, 0]);
});
