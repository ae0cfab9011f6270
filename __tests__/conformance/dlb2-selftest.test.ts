/**
 * DPDK's `drivers/event/dlb2/dlb2_selftest.c`, row by row.
 *
 * Restated: 16 for a depth of device maximum. That a directed port takes no other queues is a matter of the
 * hardware: so it is on devices of its models, and not on others.
 */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, OP, openDevice, SCHED } from '../../lib/index.js';
import type { Device, Domain, Port, PortSpec, QueueSpec } from '../../lib/index.js';
import { expectEmpty, inlineDevice, refusalOf, rig, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';
import { dequeue, enqueue, enqueueAs, mustBeOne, release } from './upstream.js';

const DEPTH = 16;

test('dlb2 1: stop flush', async () => {
  const device = await inlineDevice();
  const events = 2 * (DEPTH + 1);
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'atomic' }, { type: 'atomic' }],
    // Nobody serves queue 1.
    ports: [{ links: [0], dequeueDepth: DEPTH }],
    buffers: { count: events, bytes: 64, reserve: 0 },
  });
  const port = attachPort(domain.attachment(0));
  await domain.start();
  for (let i = 0; i < events; i++) {
    mustBeOne(
      enqueue(port, { queueId: i % 2, schedType: SCHED.ATOMIC, payload: port.buffers!.alloc() }),
    );
  }
  device.schedule();
  expect(port.buffers!.alloc()).toBe(-1);
  await domain.stop((flushed) => {
    for (let i = 0; i < flushed.length; i++) {
      expect(port.buffers!.free(flushed.payload(i))).toBe(true);
    }
  });
  expect(port.buffers!.allocMany(events, new Int32Array(events))).toBe(true);
});

test('dlb2 2: single link', async () => {
  const r = await rig({ queues: [{ type: 'directed' }, { type: 'atomic' }], ports: [{}, {}] });
  r.domain.link(0, 0);
  expect((await refusalOf(() => r.domain.link(1, 0))).code).toBe('ERR_DLB_DIR_QUEUE_LINKED');
  r.domain.link(1, 1);
  expect([r.domain.links(0), r.domain.links(1)]).toEqual([
    [{ queue: 0, priority: 128 }],
    [{ queue: 1, priority: 128 }],
  ]);
  // Upstream refuses this one: a directed port of the hardware takes nothing else. Ours does.
  r.domain.link(0, 1);
  r.domain.unlink(1, 1);
  r.pass();
  for (const queueId of [0, 1]) mustBeOne(enqueue(r.ports[1]!, { queueId, payload: queueId }));
  r.pass();
  expect(new Set(dequeue(r.ports[0]!, 4))).toEqual(new Set([0, 1]));
});

test('dlb2 3: info get', async () => {
  await using device = await openDevice({ scheduling: 'inline', model: 'dlb2.0' });
  const totals = (): number[] => {
    const { ports, queues, directedPorts } = device.resources();
    return [device.info.limits.ports, ports.total, queues.total, directedPorts!.total];
  };
  expect(totals()).toEqual([64, 64, 32, 64]);
  await device.createDomain({
    eventsLimit: 8192,
    queues: upTo(64).map((i): QueueSpec => ({ type: i < 32 ? 'atomic' : 'directed' })),
    ports: upTo(64).map((i): PortSpec => ({ links: [i] })),
  });
  expect(totals()).toEqual([64, 64, 32, 64]);
  expect(device.resources()).toMatchObject({
    ports: { available: 32 },
    queues: { available: 0 },
    directedPorts: { available: 32 },
  });
});

const alike = (type: QueueSpec['type'], count = 2): QueueSpec[] =>
  upTo(count).map(() => ({ type }));

/** Links anew, port by port, and starts and stops. */
async function relink(domain: Domain, links: number[][]): Promise<void> {
  for (const port of links.keys()) {
    for (const { queue } of domain.links(port)) domain.unlink(port, queue);
  }
  for (const [port, queues] of links.entries())
    for (const queue of queues) domain.link(port, queue);
  await domain.start();
  await domain.stop();
  const now = links.map((_, port) => domain.links(port).map(({ queue }) => queue));
  expect(now).toEqual(links);
}

test('dlb2 4: reconfiguration link', async () => {
  const device = await inlineDevice();
  const before = device.resources();
  const create = (queues: QueueSpec[], ports = queues.length): Promise<Domain> =>
    device.createDomain({ eventsLimit: 64, queues, ports: upTo(ports).map(() => ({})) });
  const balanced = await create(alike('ordered'));
  await relink(balanced, [[0], [1]]);
  // What is not changed stays over a stop, as dlb2 does for what is not set up again.
  await balanced.start();
  await balanced.stop();
  expect(balanced.links(1)).toEqual([{ queue: 1, priority: 128 }]);
  await relink(balanced, [
    [0, 1],
    [0, 1],
  ]);
  await balanced.close();
  const directed = await create(alike('directed'));
  await relink(directed, [[0], [1]]);
  await relink(directed, [[1], [0]]);
  await directed.close();
  for (const ports of [5, 6]) {
    const mixed = await create([...alike('ordered', 4), ...alike('directed', 1)], ports);
    await relink(mixed, [[0], [1], [2], [3], [4], []].slice(0, ports));
    await mixed.close();
  }
  expect(device.resources()).toEqual(before);
});

/** Waits for one event: a scheduler worker brings it, or the pass just made has. */
function dequeueLong(device: Device, port: Port): EventBurst {
  const burst = new EventBurst(1);
  if (device.info.scheduling === 'inline') device.schedule();
  expect(port.dequeueBurst(burst, 1, 10_000)).toBe(1);
  return burst;
}

test.each([
  ['dlb2 5: load-balanced traffic', 'ordered', 'inline'],
  ['dlb2 5: load-balanced traffic, by a worker', 'ordered', 'worker'],
  ['dlb2 6: directed traffic', 'directed', 'inline'],
  ['dlb2 6: directed traffic, by a worker', 'directed', 'worker'],
] as const)('%s', async (_, type, scheduling) => {
  await using device = await openDevice({ scheduling });
  const domain = await device.createDomain({
    eventsLimit: 8192,
    queues: [{ type, sequences: 64 }],
    ports: [{ links: [0] }],
  });
  const port = attachPort(domain.attachment(0));
  await domain.start();
  mustBeOne(enqueue(port, { schedType: SCHED.ATOMIC }));
  for (const op of [OP.FORWARD, OP.RELEASE]) {
    const burst = dequeueLong(device, port);
    expect(burst.queueId(0)).toBe(0);
    mustBeOne(enqueueAs(port, op, burst));
  }
  expect(port.outstanding).toBe(0);
});

/** A profile without links: a port that serves it is given nothing. It stands for the token modes
 *  of a DLB, by which a slow worker is not handed more while it is busy. */
const BUSY = 1;

test('dlb2 7: deferred scheduling', async () => {
  const port = { links: [0], dequeueDepth: 1, implicitRelease: true };
  const r = await rig({ eventsLimit: 256, queues: [{ type: 'parallel' }], ports: [port, port] });
  const [slow, other] = r.ports as [Port, Port];
  for (let i = 0; i < 128; i++) mustBeOne(enqueue(slow, { schedType: SCHED.PARALLEL, payload: i }));
  r.pass();
  const got = dequeue(slow, 1);
  expect(got).toHaveLength(1);
  // The scheduler is quicker than the port: the next event is in its CQ, and has to go back.
  r.pass();
  slow.switchProfile(BUSY);
  r.pass();
  expect(r.stats().ports[0]!.inflight).toBe(1);
  for (let i = 0; i < 127; i++) {
    const next = dequeue(other, 1);
    expect(next).toHaveLength(1);
    got.push(...next);
    mustBeOne(release(other));
    r.pass();
  }
  expect(got.toSorted((a, b) => a - b)).toEqual(upTo(128));
  expect(r.stats().inflight).toBe(1);
});

/** Dequeues `DEPTH` events one by one. */
function dequeueDepth(port: Port): void {
  for (let i = 0; i < DEPTH; i++) expect(dequeue(port, 1)).toHaveLength(1);
}

function releaseSome({ pass }: Rig, port: Port, count: number): void {
  for (let i = 0; i < count; i++) mustBeOne(release(port));
  pass();
}

test('dlb2 8: delayed pop', async () => {
  const r = await rig({
    queues: [{ type: 'any', sequences: 64 }],
    ports: [{ links: [0], dequeueDepth: DEPTH }],
  });
  const port = r.ports[0]!;
  for (let i = 0; i < 2 * DEPTH; i++) mustBeOne(enqueue(port, { schedType: SCHED.ATOMIC }));
  r.pass();
  dequeueDepth(port);
  r.pass();
  expect(r.stats().ports[0]!.cqUsed).toBe(DEPTH);
  port.switchProfile(BUSY);
  releaseSome(r, port, DEPTH - 1);
  expect(port.dequeueBurst(new EventBurst(1), 1, 20)).toBe(0);
  expect(port.outstanding).toBe(1);
  port.switchProfile(0);
  releaseSome(r, port, 1);
  dequeueDepth(port);
  releaseSome(r, port, DEPTH);
  expectEmpty(r);
});
