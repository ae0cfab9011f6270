/** C3: events forwarded out of an ordered queue reach the next one in the order they left it. */
import { expect, test } from '@jest/globals';
import type { QueueSpec } from '../../lib/index.js';
import { drain, expectCreditsSumUp, expectEmpty, forward, fresh } from './harness.js';
import { payloads, rig, send, take, took, upTo } from './harness.js';
import type { Rig } from './harness.js';

const LAST = 4;

/** Port 0 produces into queue 0 (ordered); ports 1 to 3 serve it; port 4 takes queue 1. */
function orderedRig(first: Partial<QueueSpec> = {}, second: QueueSpec = { type: 'directed' }) {
  const worker = { links: [0], dequeueDepth: 4 };
  return rig({
    eventsLimit: 64,
    queues: [{ type: 'ordered', ...first }, second],
    ports: [{}, worker, worker, worker, { links: [1], dequeueDepth: 64 }],
  });
}

/** Each of the three workers takes one event of three: 0, 1, 2. */
async function threeInHand(r: Rig) {
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  const bursts = [1, 2, 3].map((id) => take(r.ports[id]!));
  expect(bursts.map((burst) => burst.payload(0))).toEqual([0, 1, 2]);
  return bursts;
}

test('events forwarded in the wrong order arrive in the right one', async () => {
  const r = await orderedRig();
  const [a, b, c] = await threeInHand(r);
  forward(r.ports[3]!, c!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([]);
  forward(r.ports[2]!, b!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([]);
  forward(r.ports[1]!, a!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 2]);
  // Two had to wait for an older one.
  expect(r.stats().queues[0]!.reordered).toBe(2);
});

test('completions of one pass count in any order of the ports', async () => {
  const r = await orderedRig();
  // The round comes back to port 1: whichever port is looked at first, one of them is too early.
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  const [ends, b, c] = [1, 2, 3].map((id) => take(r.ports[id]!));
  expect([ends, b, c].map((burst) => payloads(burst!))).toEqual([[0, 3], [1], [2]]);
  for (const i of [0, 1]) forward(r.ports[1]!, ends!, i, 1);
  forward(r.ports[3]!, c!, 0, 1);
  forward(r.ports[2]!, b!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 2, 3]);
});

test('a place that is given up by an implicit release is given up', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }, { type: 'directed' }],
    ports: [{}, { links: [0], implicitRelease: true }, { links: [0] }, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0]);
  forward(r.ports[2]!, take(r.ports[2]!), 0, 1);
  r.pass();
  expect(took(r.ports[3]!)).toEqual([]);
  expect(took(r.ports[1]!)).toEqual([]);
  r.pass();
  expect(took(r.ports[3]!)).toEqual([1]);
});

test('an event forwarded to its own queue gives up its place and takes a new one behind', async () => {
  const r = await orderedRig();
  const [a, b, c] = await threeInHand(r);
  send(r.ports[0]!, { payload: 3 });
  forward(r.ports[3]!, c!, 0, 1);
  forward(r.ports[2]!, b!, 0, 1);
  r.pass();
  forward(r.ports[1]!, a!, 0, 0);
  r.pass();
  // Its first place no longer holds up 1 and 2. It went again, behind 3.
  expect(took(r.ports[LAST]!)).toEqual([1, 2]);
  const again = [1, 2, 3].map((id) => ({ id, burst: take(r.ports[id]!) }));
  const holderOf = (payload: number) =>
    again.find(({ burst }) => burst.length > 0 && burst.payload(0) === payload)!;
  forward(r.ports[holderOf(0).id]!, holderOf(0).burst, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([]);
  forward(r.ports[holderOf(3).id]!, holderOf(3).burst, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([3, 0]);
});

test('RELEASE gives up a place in the order', async () => {
  const r = await orderedRig();
  const [, b, c] = await threeInHand(r);
  forward(r.ports[3]!, c!, 0, 1);
  forward(r.ports[2]!, b!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([]);
  r.ports[1]!.release(1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([1, 2]);
});

test('an event dropped for its unknown queue gives up its place', async () => {
  const r = await orderedRig();
  const [a, b, c] = await threeInHand(r);
  forward(r.ports[2]!, b!, 0, 1);
  forward(r.ports[3]!, c!, 0, 1);
  forward(r.ports[1]!, a!, 0, 200);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([1, 2]);
  expect(r.stats().ports[1]!.dropped).toBe(1);
});

test('NEW events do not wait for the order', async () => {
  const r = await orderedRig();
  const [a, b, c] = await threeInHand(r);
  forward(r.ports[3]!, c!, 0, 1);
  send(r.ports[2]!, { queueId: 1, payload: 100 });
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([100]);
  forward(r.ports[2]!, b!, 0, 1);
  forward(r.ports[1]!, a!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 2]);
});

test('at most as many events are out as the window has sequences', async () => {
  const r = await orderedRig({ sequences: 4 });
  send(r.ports[0]!, ...fresh(9));
  r.pass();
  expect(
    r
      .stats()
      .ports.slice(1, 4)
      .map((port) => port.cqUsed),
  ).toEqual([2, 1, 1]);
  // All but the oldest are forwarded: the window stays full.
  const first = take(r.ports[1]!);
  forward(r.ports[2]!, take(r.ports[2]!), 0, 1);
  forward(r.ports[3]!, take(r.ports[3]!), 0, 1);
  r.pass();
  expect(r.stats().queues[0]!.iqUsed[4]).toBe(5);
  forward(r.ports[1]!, first, 0, 1);
  r.pass();
  // 0, 1, 2 left; 3 is in hand; three more went out.
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 2]);
  expect(r.stats().queues[0]!.iqUsed[4]).toBe(2);
});

test('a window is used over and over, and crosses its end', async () => {
  const r = await orderedRig({ sequences: 8 });
  const arrived: number[] = [];
  for (let round = 0; round < 40; round++) {
    send(r.ports[0]!, ...fresh(7, {}, round * 7));
    r.pass();
    for (const id of [3, 1, 2]) {
      const batch = take(r.ports[id]!);
      for (let i = 0; i < batch.length; i++) {
        if (batch.payload(i) % 5 === 0) r.ports[id]!.release(1);
        else forward(r.ports[id]!, batch, i, 1);
      }
      r.pass();
    }
    arrived.push(...took(r.ports[LAST]!));
    r.ports[LAST]!.release(64);
  }
  r.pass();
  expect(arrived).toEqual(upTo(280).filter((payload) => payload % 5 !== 0));
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('the order is that of the whole queue, whatever the flows', async () => {
  const r = await orderedRig();
  send(r.ports[0]!, { flowId: 7, payload: 0 }, { flowId: 8, payload: 1 });
  r.pass();
  const [a, b] = [take(r.ports[1]!), take(r.ports[2]!)];
  forward(r.ports[2]!, b, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([]);
  forward(r.ports[1]!, a, 0, 1, { flowId: 3 });
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([0, 1]);
});

test('events for two next queues keep their order in each', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }, { type: 'directed' }, { type: 'atomic' }],
    ports: [{}, { links: [0] }, { links: [0] }, { links: [1] }, { links: [2] }],
  });
  send(r.ports[0]!, ...fresh(8));
  r.pass();
  for (const id of [2, 1]) {
    const batch = take(r.ports[id]!);
    for (let i = 0; i < batch.length; i++) {
      forward(r.ports[id]!, batch, i, batch.payload(i) < 4 ? 1 : 2, { flowId: 1 });
    }
    r.pass();
  }
  expect(took(r.ports[3]!)).toEqual([0, 1, 2, 3]);
  expect(took(r.ports[4]!)).toEqual([4, 5, 6, 7]);
});

test.each(['detach', 'reclaim'] as const)('after a %s events keep their places', async (how) => {
  const r = await orderedRig();
  const [, b, c] = await threeInHand(r);
  if (how === 'detach') r.ports[1]!.detach();
  else await r.domain.reclaim(1);
  forward(r.ports[3]!, c!, 0, 1);
  forward(r.ports[2]!, b!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([]);
  const again = [2, 3].map((id) => take(r.ports[id]!));
  const holder = again[0]!.length === 1 ? 2 : 3;
  expect(again[holder - 2]!.payload(0)).toBe(0);
  forward(r.ports[holder]!, again[holder - 2]!, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 2]);
});

test('an urgent event waits for its place as well; in the next queue urgency counts again', async () => {
  const r = await orderedRig({}, { type: 'atomic' });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  const [a, b] = [take(r.ports[1]!), take(r.ports[2]!)];
  for (const [burst, priority] of [
    [a, 255],
    [b, 0],
  ] as const) {
    burst.setPriority(0, priority);
    burst.setFlowId(0, priority);
  }
  forward(r.ports[2]!, b, 0, 1);
  r.pass(3);
  expect(took(r.ports[LAST]!)).toEqual([]);
  expect(r.stats().queues[1]!.rx).toBe(0);
  forward(r.ports[1]!, a, 0, 1);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([1, 0]);
  r.ports[LAST]!.release(2);
  drain(r);
  expectEmpty(r);
});
