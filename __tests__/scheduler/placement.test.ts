/** Which linked port an idle flow goes to. */
import { expect, test } from '@jest/globals';
import { fresh, rig, send, take, took, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

/** Port 0 produces; the others serve an atomic queue with these depths. */
function serving(...depths: number[]): Promise<Rig> {
  return rig({
    eventsLimit: 256,
    queues: [{ type: 'atomic' }],
    ports: [{}, ...depths.map((dequeueDepth) => ({ links: [0], dequeueDepth }))],
  });
}

const flows = (first: number, count: number) =>
  upTo(count).map((i) => ({ flowId: first + i, payload: first + i }));

test('with equal room, idle flows go round robin from the lowest port', async () => {
  const r = await serving(8, 8, 8);
  send(r.ports[0]!, ...flows(0, 7));
  r.pass();
  expect([1, 2, 3].map((id) => took(r.ports[id]!))).toEqual([
    [0, 3, 6],
    [1, 4],
    [2, 5],
  ]);
});

test('an idle flow goes where there is most room', async () => {
  const r = await serving(2, 8, 4);
  send(r.ports[0]!, { flowId: 1, payload: 1 });
  r.pass();
  expect(took(r.ports[2]!)).toEqual([1]);
});

test('room is what is free in the CQ, not what is not in hand', async () => {
  const r = await serving(4, 4);
  send(r.ports[0]!, ...flows(0, 4));
  r.pass();
  // Port 1 has dequeued all and completed none: it has more room than port 2.
  expect(took(r.ports[1]!)).toEqual([0, 2]);
  send(r.ports[0]!, ...flows(10, 2));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([10, 11]);
});

test('the next in the round wins a tie, though another has as much room', async () => {
  const r = await serving(4, 4, 4);
  send(r.ports[0]!, ...flows(0, 1));
  r.pass();
  took(r.ports[1]!);
  // All have four places; the round is at port 2.
  send(r.ports[0]!, ...flows(1, 1));
  r.pass();
  expect([1, 2, 3].map((id) => took(r.ports[id]!))).toEqual([[], [1], []]);
});

test('among those with strictly more room the lowest port wins', async () => {
  const r = await serving(2, 8, 8, 8);
  send(r.ports[0]!, ...flows(0, 1));
  r.pass();
  expect([1, 2, 3, 4].map((id) => took(r.ports[id]!))).toEqual([[], [0], [], []]);
});

test('flows spread so that the room is used up everywhere', async () => {
  const r = await serving(1, 2, 4, 8);
  send(r.ports[0]!, ...flows(0, 40));
  r.pass();
  expect(
    r
      .stats()
      .ports.slice(1)
      .map((port) => port.cqUsed),
  ).toEqual([1, 2, 4, 8]);
  expect(r.stats().queues[0]!.iqUsed[4]).toBe(25);
  expect(r.stats().queues[0]!.pinned.map((pin) => pin.events)).toEqual([1, 2, 4, 8]);
});

test('a busy flow stays where it is, though another port has more room', async () => {
  const r = await serving(4, 4);
  send(r.ports[0]!, ...fresh(3, { flowId: 1 }));
  r.pass();
  send(r.ports[0]!, { flowId: 1, payload: 3 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1, 2, 3]);
});

test('only linked ports take part', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'parallel' }],
    ports: [{ links: [1] }, { links: [0] }, { links: [1, 0] }],
  });
  for (const queueId of [0, 1]) {
    send(r.ports[0]!, ...upTo(4).map((i) => ({ queueId, flowId: i, payload: queueId * 10 + i })));
  }
  r.pass();
  expect(took(r.ports[0]!).every((payload) => payload >= 10)).toBe(true);
  expect(took(r.ports[1]!).every((payload) => payload < 10)).toBe(true);
  const both = take(r.ports[2]!);
  expect(new Set(upTo(both.length).map((i) => both.queueId(i)))).toEqual(new Set([0, 1]));
});

test('64 ports take part', async () => {
  const r = await rig({
    eventsLimit: 256,
    queues: [{ type: 'atomic' }],
    ports: upTo(64).map(() => ({ links: [0], dequeueDepth: 4, enqueueDepth: 256 })),
  });
  for (const [id, port] of r.ports.entries()) send(port, { flowId: id, payload: id });
  r.pass();
  expect(r.ports.map((port) => took(port))).toEqual(upTo(64).map((id) => [id]));
});
