/**
 * DPDK's `drivers/event/opdl/opdl_test.c`.
 *
 * Restated: opdl sends a flow to the port of its number modulo the number of ports, ours to where
 * most room is. That a port serves one queue, and is linked before the start only, comes from its
 * fixed pipeline and does not hold here.
 */
import { expect, test } from '@jest/globals';
import { OP, REFUSAL, SCHED } from '../../lib/index.js';
import type { EventBurst, Port } from '../../lib/index.js';
import { burstOf, fresh, payloads, refusalOf, take, took, upTo } from '../contracts/harness.js';
import { dequeue, enqueue, enqueueAs, mustBeOne, swQueue, swRig } from './upstream.js';

test('opdl ordered_basic: the order in which events go out is the order in which they arrive', async () => {
  const r = await swRig([swQueue('ordered'), swQueue('directed')], [[], [0], [0], [0], [1]]);
  for (const payload of [1234, 1235, 1236]) mustBeOne(enqueue(r.ports[0]!, { payload }));
  r.pass();
  const bursts = [1, 2, 3].map((id) => take(r.ports[id]!, 3));
  expect(bursts.map(payloads)).toEqual([[1234], [1235], [1236]]);
  for (const id of [3, 2, 1]) mustBeOne(enqueueAs(r.ports[id]!, OP.FORWARD, bursts[id - 1]!, 0, 1));
  r.pass();
  expect(dequeue(r.ports[4]!, 3)).toEqual([1234, 1235, 1236]);
});

/** The whole burst to another queue. */
function forwardAll(port: Port, burst: EventBurst, queueId: number, count = burst.length): number {
  for (let i = 0; i < count; i++) {
    burst.setOp(i, OP.FORWARD);
    burst.setQueueId(i, queueId);
  }
  return port.enqueueBurst(burst, 0, count);
}

test('opdl atomic_basic: one port gets all events of a flow', async () => {
  const r = await swRig([swQueue('atomic'), swQueue('atomic')], [[], [0], [0], [0], [1]]);
  for (let i = 0; i < 3; i++) mustBeOne(enqueue(r.ports[0]!, { flowId: 1, payload: 1234 + i }));
  r.pass();
  const bursts = [1, 2, 3].map((id) => take(r.ports[id]!, 3));
  expect(bursts.map((burst) => burst.length)).toEqual([3, 0, 0]);
  expect(forwardAll(r.ports[1]!, bursts[0]!, 1)).toBe(3);
  r.pass();
  expect(dequeue(r.ports[4]!, 3)).toEqual([1234, 1235, 1236]);
});

test('opdl qid_basic: 32 events keep their queue id through three queues', async () => {
  const r = await swRig(
    upTo(3).map(() => swQueue('ordered')),
    [[], [0], [1], [2]],
    false,
  );
  const [rx] = r.ports;
  // On a stopped device.
  const burst = burstOf(...fresh(32, { flowId: 1, schedType: SCHED.ORDERED }));
  expect(took(rx!)).toEqual([]);
  expect([rx!.enqueueBurst(burst), rx!.refusal]).toEqual([0, REFUSAL.NOT_STARTED]);
  // opdl refuses a second link of a port; for us it is the same link again.
  r.domain.link(1, 0);
  await r.domain.start();
  // It also refuses links of a started device. Ours takes them, once each.
  r.domain.link(1, 0);
  expect(r.domain.links(1)).toEqual([{ queue: 0, priority: 128 }]);
  expect(rx!.enqueueBurst(burst)).toBe(32);
  for (const queue of [0, 1, 2]) {
    r.pass();
    const got = take(r.ports[queue + 1]!, 32);
    expect(payloads(got)).toEqual(upTo(32));
    expect(upTo(32).map((i) => got.queueId(i))).toEqual(upTo(32).map(() => queue));
    if (queue < 2) expect(forwardAll(r.ports[queue + 1]!, got, queue + 1)).toBe(32);
  }
});

test('opdl single_link: a directed queue has one port', async () => {
  const r = await swRig([swQueue('directed'), swQueue('ordered')], [[], [0], []], false);
  // opdl finds out at the start, which fails then; here the link fails, and changes nothing.
  const error = await refusalOf(() => r.domain.link(2, 0));
  expect(error.code).toBe('ERR_DLB_DIR_QUEUE_LINKED');
  expect(error.details).toMatchObject({ queueId: 0, portId: 2, linkedPort: 1 });
  expect(r.domain.links(2)).toEqual([]);
  await r.domain.start();
});

test('opdl single_link_w_stats: three in, two passed on, and the statistics say so', async () => {
  const r = await swRig([swQueue('directed'), swQueue('ordered')], [[], [0], [1]]);
  for (let i = 0; i < 3; i++) mustBeOne(enqueue(r.ports[0]!, { payload: 1234 + i }));
  r.pass();
  const burst = take(r.ports[1]!, 3);
  expect(payloads(burst)).toEqual([1234, 1235, 1236]);
  expect(forwardAll(r.ports[1]!, burst, 1, 2)).toBe(2);
  r.pass();
  expect(dequeue(r.ports[2]!, 3)).toEqual([1234, 1235]);
  // Upstream's check of them is inverted: it passes because the call fails.
  expect(r.stats().ports).toMatchObject([
    { rx: 3, tx: 0, inflight: 0 },
    { rx: 2, tx: 3, inflight: 1 },
    { rx: 0, tx: 2, inflight: 2 },
  ]);
});
