/** C4: parallel events go round robin to any linked port with space, directed ones to theirs. */
import { expect, test } from '@jest/globals';
import { SCHED } from '../../lib/index.js';
import { drain, fresh, refusalOf, rig, send, take, took, upTo } from './harness.js';

test('parallel events go round robin over the linked ports', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, ...upTo(3).map(() => ({ links: [0], dequeueDepth: 8 }))],
  });
  send(r.ports[0]!, ...fresh(7));
  r.pass();
  expect([1, 2, 3].map((id) => took(r.ports[id]!))).toEqual([
    [0, 3, 6],
    [1, 4],
    [2, 5],
  ]);
  // The round goes on where it stopped.
  send(r.ports[0]!, ...fresh(2, {}, 7));
  r.pass();
  expect([1, 2, 3].map((id) => took(r.ports[id]!))).toEqual([[], [7], [8]]);
});

test('a full port is passed over', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, { links: [0], dequeueDepth: 8 }],
  });
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([[0], [1, 2, 3, 4, 5]]);
});

test('events of one flow go to different ports of a parallel queue at once', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0] }, { links: [0] }],
  });
  send(r.ports[0]!, ...fresh(4, { flowId: 3, schedType: SCHED.ATOMIC }));
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([
    [0, 2],
    [1, 3],
  ]);
  expect(r.stats().queues[0]!.pinned).toEqual([]);
});

test('the links of two ports may differ in priority, both take their share', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [{ queue: 0, priority: 0 }] }, { links: [{ queue: 0, priority: 200 }] }],
  });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([
    [0, 2],
    [1, 3],
  ]);
});

test('directed events arrive first in, first out, whatever their flows', async () => {
  const r = await rig({
    queues: [{ type: 'directed' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }],
  });
  const events = fresh(20).map((event, i) => ({ ...event, flowId: i % 3 }));
  send(r.ports[0]!, ...events);
  expect(drain(r)[1]).toEqual(upTo(20));
});

test('a directed queue is first in, first out on each level', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...[255, 0, 128, 31, 255, 0].map((priority, i) => ({ priority, payload: i })));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1, 3, 5, 2, 0, 4]);
});

test('a directed queue has one port: a second link is refused', async () => {
  const ports = [{ links: [0] }, { links: [0] }];
  const twice = await refusalOf(() => rig({ queues: [{ type: 'directed' }], ports }));
  expect(twice.code).toBe('ERR_DLB_DIR_QUEUE_LINKED');
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }, {}] });
  const later = await refusalOf(() => r.domain.link(1, 0));
  expect(later.code).toBe('ERR_DLB_DIR_QUEUE_LINKED');
  // Once free, it may have another.
  r.domain.unlink(0, 0);
  r.domain.link(1, 0);
  send(r.ports[0]!, { payload: 5 });
  r.pass();
  expect([0, 1].map((id) => took(r.ports[id]!))).toEqual([[], [5]]);
});

test('events of a directed queue wait, in front, for the next owner of its port', async () => {
  const r = await rig({
    queues: [{ type: 'directed' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  expect(took(r.ports[1]!, 2)).toEqual([0, 1]);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 4 });
  send(r.ports[0]!, { payload: 6 });
  r.pass(3);
  expect(r.stats().queues[0]!.iqUsed[4]).toBe(7);
  const { attachPort } = await import('../../lib/index.js');
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  const first = take(next);
  expect(upTo(first.length).map((i) => first.payload(i))).toEqual([0, 1, 2, 3]);
  expect(upTo(4).map((i) => first.attempts(i))).toEqual([1, 1, 1, 1]);
  next.release(4);
  r.pass();
  const rest = take(next);
  expect(upTo(rest.length).map((i) => rest.payload(i))).toEqual([4, 5, 6]);
  expect(upTo(3).map((i) => rest.attempts(i))).toEqual([0, 0, 0]);
});

test.each(['atomic', 'ordered', 'parallel', 'directed'] as const)(
  'an %s queue ignores the schedType of an event and returns it unchanged',
  async (type) => {
    const r = await rig({ queues: [{ type }], ports: [{}, { links: [0] }] });
    send(r.ports[0]!, ...[0, 1, 2, 3].map((schedType) => ({ schedType, flowId: schedType })));
    r.pass();
    const burst = take(r.ports[1]!);
    expect(upTo(burst.length).map((i) => burst.schedType(i))).toEqual([0, 1, 2, 3]);
    expect(r.stats().dropped + r.stats().ports[0]!.dropped).toBe(0);
  },
);
