/**
 * DPDK's `drivers/event/sw/sw_evdev_selftest.c`, row by row. Statistics: sw-xstats.test.ts, the
 * worker loopback: sw-loopback.test.ts.
 */
import { expect, test } from '@jest/globals';
import { OP, PRIORITY } from '../../lib/index.js';
import type { EventBurst, QueueType } from '../../lib/index.js';
import { expectCreditsSumUp, expectEmpty, inlineDevice, take, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';
import { dequeue, enqueue, enqueueAs, inflights, mustBeOne, release } from './upstream.js';
import { SW_PORT, swQueue, swRig } from './upstream.js';

test('sw 1: single directed packet', async () => {
  const r = await swRig(
    [swQueue('directed'), swQueue('directed'), swQueue('directed')],
    [[0], [1], [2]],
  );
  mustBeOne(enqueue(r.ports[0]!, { queueId: 2, payload: 4711 }));
  r.pass();
  expect(r.stats().ports[0]!.rx).toBe(1);
  expect(dequeue(r.ports[2]!, 1)).toEqual([4711]);
  // Upstream allows 1 as well; nothing came from that port.
  expect(r.stats().ports[2]!.rx).toBe(0);
});

test('sw 2: directed forward credit', async () => {
  const r = await swRig([swQueue('directed')], [[0]]);
  mustBeOne(enqueue(r.ports[0]!, { payload: 7 }));
  for (let i = 0; i < 1000; i++) {
    r.pass();
    const burst = take(r.ports[0]!, 1);
    expect(burst.length).toBe(1);
    mustBeOne(enqueueAs(r.ports[0]!, OP.FORWARD, burst));
  }
  expect(r.stats().inflight).toBe(1);
  expectCreditsSumUp(r);
});

test('sw 3: single load-balanced packet', async () => {
  const r = await swRig([swQueue('atomic')], [[], [], [0], []]);
  const event = { priority: PRIORITY.NORMAL, flowId: 3, payload: 7321 };
  mustBeOne(enqueue(r.ports[0]!, event));
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 1, tx: 1 });
  expect(inflights(r)).toEqual([0, 0, 1, 0]);
  expect(dequeue(r.ports[2]!, 1)).toEqual([7321]);
  mustBeOne(release(r.ports[2]!));
  r.pass();
  expect(inflights(r)).toEqual([0, 0, 0, 0]);
  expectEmpty(r);
});

/** Three events out to three ports and back in reverse; what arrives behind. */
async function parallelBasic(type: QueueType): Promise<number[]> {
  const r = await swRig([swQueue(type), swQueue('directed')], [[], [0], [0], [0], [1]]);
  for (const payload of [1234, 1235, 1236]) mustBeOne(enqueue(r.ports[0]!, { payload }));
  r.pass();
  const bursts = [1, 2, 3].map((id) => take(r.ports[id]!, 1));
  expect(bursts.map((burst) => burst.length)).toEqual([1, 1, 1]);
  for (const id of [3, 2, 1]) mustBeOne(enqueueAs(r.ports[id]!, OP.FORWARD, bursts[id - 1]!, 0, 1));
  r.pass();
  return dequeue(r.ports[4]!, 3);
}

test('sw 4: unordered basic', async () => {
  const arrived = await parallelBasic('parallel');
  expect(new Set(arrived)).toEqual(new Set([1234, 1235, 1236]));
  expect(arrived).toHaveLength(3);
});

test('sw 5: ordered basic', async () => {
  expect(await parallelBasic('ordered')).toEqual([1234, 1235, 1236]);
});

test('sw 6: burst packets', async () => {
  const r = await swRig([swQueue('atomic'), swQueue('atomic')], [[0], [1]]);
  for (const i of [0, 1]) mustBeOne(enqueue(r.ports[0]!, { queueId: i, flowId: i, payload: i }));
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 2, tx: 2 });
  for (const id of [0, 1]) {
    expect([dequeue(r.ports[id]!, 1), dequeue(r.ports[id]!, 1)]).toEqual([[id], []]);
  }
});

test('sw 7: load balancing', async () => {
  const r = await swRig([swQueue('atomic')], [[], [0], [0], [0]]);
  for (const flowId of [0, 1, 1, 0, 0, 2, 2, 0, 2]) mustBeOne(enqueue(r.ports[0]!, { flowId }));
  r.pass();
  expect(inflights(r)).toEqual([0, 4, 2, 3]);
});

test.each([
  ['sw 8: prioritised directed', 'directed'],
  ['sw 9: prioritised atomic', 'atomic'],
  ['sw 10: prioritised ordered', 'ordered'],
  ['sw 11: prioritised unordered', 'parallel'],
] as const)('%s', async (_, type) => {
  const r = await swRig([swQueue(type)], [[0]]);
  mustBeOne(enqueue(r.ports[0]!, { payload: 4711, priority: PRIORITY.NORMAL }));
  mustBeOne(enqueue(r.ports[0]!, { payload: 1234, priority: PRIORITY.HIGHEST }));
  r.pass();
  expect(r.stats().ports[0]!.rx).toBe(2);
  expect([dequeue(r.ports[0]!, 1), dequeue(r.ports[0]!, 1)]).toEqual([[1234], [4711]]);
});

test('sw 12: invalid QID', async () => {
  const r = await swRig([swQueue('atomic')], [[0], [0], [0], [0]]);
  mustBeOne(enqueue(r.ports[0]!, { queueId: 20 }));
  r.pass();
  expect(inflights(r)).toEqual([0, 0, 0, 0]);
  expect(r.stats()).toMatchObject({ dropped: 0, inflight: 0 });
  expect(r.stats().ports.map((port) => port.dropped)).toEqual([1, 0, 0, 0]);
  expectCreditsSumUp(r);
});

test('sw 13: load balancing history', async () => {
  const r = await swRig([swQueue('atomic')], [[], [0], [0], [0]]);
  for (const flowId of [0, 1, 1, 2]) mustBeOne(enqueue(r.ports[0]!, { flowId }));
  r.pass();
  const burst = take(r.ports[1]!, 1);
  expect([burst.length, burst.flowId(0)]).toEqual([1, 0]);
  mustBeOne(release(r.ports[1]!));
  r.pass();
  // A new flow for the empty CQ, one that stays, and one that may move.
  for (const flowId of [3, 3, 3, 1, 1, 0]) mustBeOne(enqueue(r.ports[0]!, { flowId }));
  r.pass();
  expect(inflights(r)).toEqual([0, 3, 4, 2]);
});

test('sw 14: inflight counts', async () => {
  const r = await swRig([swQueue('atomic'), swQueue('atomic')], [[], [0], [1]]);
  for (let i = 0; i < 5; i++) mustBeOne(enqueue(r.ports[0]!));
  for (let i = 0; i < 3; i++) mustBeOne(enqueue(r.ports[0]!, { queueId: 1 }));
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 8, tx: 8 });
  expect(inflights(r)).toEqual([0, 5, 3]);
  for (const [id, count] of [
    [1, 5],
    [2, 3],
  ] as const) {
    expect(dequeue(r.ports[id]!, 8)).toHaveLength(count);
    expect(inflights(r)[id]).toBe(count);
    for (let i = 0; i < count; i++) mustBeOne(release(r.ports[id]!));
    r.pass();
    expect(inflights(r)[id]).toBe(0);
  }
});

test('sw 15: abuse inflights', async () => {
  const r = await swRig([swQueue('atomic')], [[], [], [0], []]);
  mustBeOne(release(r.ports[0]!));
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 0, tx: 0 });
  expect(inflights(r)).toEqual([0, 0, 0, 0]);
  expectCreditsSumUp(r);
});

/** Three atomic queues, each more urgent than the one before, to one port. */
function threeQueues(): Promise<Rig> {
  const priorities = [128, 127, 126];
  return swRig(
    priorities.map((priority) => swQueue('atomic', { priority })),
    [[0, 1, 2]],
  );
}

test('sw 20: QID priorities', async () => {
  const r = await threeQueues();
  for (const i of [0, 1, 2]) mustBeOne(enqueue(r.ports[0]!, { queueId: i, payload: i }));
  r.pass();
  // Upstream only prints when the order is wrong.
  expect(dequeue(r.ports[0]!, 32)).toEqual([2, 1, 0]);
});

test('sw 21: unlink in progress', async () => {
  const r = await threeQueues();
  // There is no unlink of all at once: a refusal could name none of them.
  for (const { queue } of r.domain.links(0)) r.domain.unlink(0, queue);
  expect(r.domain.unlinksInProgress(0)).toBe(3);
  r.pass();
  // Upstream only prints when this is not so.
  expect(r.domain.unlinksInProgress(0)).toBe(0);
});

test('sw 22: ordered reconfigure', async () => {
  // A queue is set up with its domain, so twice is a domain, closed, and the same again.
  const device = await inlineDevice();
  const before = device.resources();
  for (let time = 0; time < 2; time++) {
    const spec = { eventsLimit: 4096, queues: [swQueue('ordered')], ports: [SW_PORT] };
    const domain = await device.createDomain(spec);
    domain.link(0, 0);
    await domain.start();
    expect(domain.state).toBe('started');
    await domain.close();
    expect(device.resources()).toEqual(before);
  }
});

test('sw 23: port single/LB reconfig', async () => {
  const queues = [swQueue('atomic'), swQueue('directed')];
  const r = await swRig(queues, [[], []], false);
  r.domain.link(0, 0);
  r.domain.unlink(0, 0);
  r.domain.link(0, 1);
  r.domain.link(1, 0);
  await r.domain.start();
  // Upstream ends here; that the links hold is seen by events.
  for (const queueId of [0, 1]) mustBeOne(enqueue(r.ports[0]!, { queueId, payload: queueId }));
  r.pass();
  expect([dequeue(r.ports[0]!, 4), dequeue(r.ports[1]!, 4)]).toEqual([[1], [0]]);
});

test('sw 24: port reconfig credits', async () => {
  // The set-up is part of the domain: what is done over and over is start and stop.
  const r = await swRig([swQueue('atomic')], [[0]], false);
  for (let time = 0; time < 32; time++) {
    await r.domain.start();
    expectCreditsSumUp(r);
    mustBeOne(enqueue(r.ports[0]!, { payload: time }));
    r.pass();
    // Upstream only prints when none is dequeued.
    expect(dequeue(r.ports[0]!, 1)).toEqual([time]);
    expect(await r.domain.stop()).toEqual({ flushed: 1 });
    expectEmpty(r);
  }
});

test('sw 25: head-of-line blocking', async () => {
  const r = await swRig([swQueue('atomic')], [[], []]);
  r.domain.link(1, 0);
  r.domain.link(0, 0);
  const stat = (name: string): number => r.domain.xstatByName(name)!.value;
  mustBeOne(enqueue(r.ports[0]!));
  r.pass();
  const first = stat('port_0_cq_ring_used') === 1 ? 0 : 1;
  expect(stat(`port_${first}_cq_ring_used`)).toBe(1);
  for (let sent = 1; sent < 32; sent++) {
    mustBeOne(enqueue(r.ports[0]!));
    r.pass();
  }
  expect(stat(`port_${first}_cq_ring_free`)).toBe(0);
  // One more of that flow has to stay; one of another flow passes it.
  for (const flowId of [0, 1]) {
    mustBeOne(enqueue(r.ports[0]!, { flowId }));
    r.pass();
    expect(stat(`port_${1 - first}_cq_ring_used`)).toBe(flowId);
    expect(stat('qid_0_iq_0_used')).toBe(1);
  }
});

test('sw 26: stop flush', async () => {
  const r = await swRig([swQueue('atomic')], [[0]]);
  for (let i = 0; i < 129; i++) mustBeOne(enqueue(r.ports[0]!, { payload: 0xca11_bacc }));
  r.pass();
  expect(r.stats().queues[0]!.iqUsed[0]).toBe(97);
  let count = 0;
  const onFlush = (events: EventBurst): void => {
    count += upTo(events.length).filter((i) => events.payload64(i) === 0xca11_baccn).length;
  };
  // Upstream's counter has eight bits and must not be 0.
  expect(await r.domain.stop(onFlush)).toEqual({ flushed: 129 });
  expect(count).toBe(129);
  // The callback belongs to its stop: another stop does without.
  await r.domain.start();
  expect(await r.domain.stop()).toEqual({ flushed: 0 });
  expect(count).toBe(129);
});
