/** C8: no event sits behind a slow port while another is free, beyond that port's depth. */
import { expect, test } from '@jest/globals';
import type { QueueType } from '../../lib/index.js';
import { fresh, rig, ROUNDS_MAX, send, sendAll, took, upTo } from './harness.js';

const TYPES: QueueType[] = ['atomic', 'ordered', 'parallel'];
const DEPTHS = [1, 2, 8, 32];
const CASES = TYPES.flatMap((type) => DEPTHS.map((depth) => [type, depth] as const));

test.each(CASES)(
  'a slow port of an %s queue keeps at most its depth of %i',
  async (type, depth) => {
    const r = await rig({
      eventsLimit: 256,
      queues: [{ type, sequences: 256 }],
      ports: [{ enqueueDepth: 256 }, ...upTo(2).map(() => ({ links: [0], dequeueDepth: depth }))],
    });
    const fast: number[] = [];
    sendAll(
      r,
      r.ports[0]!,
      upTo(200).map((i) => ({ flowId: i, payload: i })),
    );
    for (let moved = 1, round = 0; moved > 0 && round < ROUNDS_MAX; round++) {
      moved = r.pass();
      fast.push(...took(r.ports[1]!));
      r.ports[1]!.release(256);
    }
    // The slow one took nothing out: it holds what its CQ holds, no less and no more.
    expect(r.stats().ports[2]).toMatchObject({ cqUsed: depth, cqFree: 0, inflight: depth });
    expect(fast).toHaveLength(200 - depth);
  },
);

test.each([1, 2, 64, 4096])('a CQ with a depth of %i is filled up to it', async (depth) => {
  const r = await rig({
    eventsLimit: 8192,
    queues: [{ type: 'parallel' }],
    ports: [{ enqueueDepth: 4096 }, { links: [0], dequeueDepth: depth }],
  });
  for (let i = 0; i < 2; i++) sendAll(r, r.ports[0]!, fresh(2500));
  r.pass();
  expect(r.stats().ports[1]).toMatchObject({ cqUsed: depth, tx: depth });
  // Room appears with the dequeue, not with the completion.
  expect(took(r.ports[1]!, 1)).toHaveLength(1);
  expect(r.stats().ports[1]).toMatchObject({ cqUsed: depth - 1, cqFree: 1, inflight: depth });
  expect(r.pass()).toBe(1);
  expect(r.stats().ports[1]).toMatchObject({ cqUsed: depth, inflight: depth + 1 });
});

test('the decision is made when there is room: events bound late go where room comes first', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, { links: [0], dequeueDepth: 1 }],
  });
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  expect(took(r.ports[2]!)).toEqual([1]);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([2]);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([3]);
  expect(took(r.ports[1]!)).toEqual([0]);
  r.pass();
  expect([1, 2].flatMap((id) => took(r.ports[id]!))).toEqual([4]);
});

test('a port linked late takes part at once', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, {}],
  });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  r.domain.link(2, 0);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([1, 2]);
});
