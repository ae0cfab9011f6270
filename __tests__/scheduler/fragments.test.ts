/** FRAGMENT: one event becomes several, contiguous, in its place. */
import { expect, test } from '@jest/globals';
import { EventBurst, OP, PRIORITY, REFUSAL } from '../../lib/index.js';
import type { Port, QueueSpec } from '../../lib/index.js';
import {
  ascending,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  refusalOf,
  rig,
  send,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const LAST = 3;

/** A producer, two workers on the queue under test, and who gets the pieces. */
function pieceRig(queue: Partial<QueueSpec>, eventsLimit = 16): Promise<Rig> {
  return rig({
    eventsLimit,
    queues: [{ type: 'ordered', fragments: 4, ...queue }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [0] }, { links: [1], dequeueDepth: 64 }],
  });
}

/** One FRAGMENT to queue 1 per payload. Returns how many were accepted. */
function fragment(port: Port, ...payloads: number[]): number {
  const burst = new EventBurst(Math.max(1, payloads.length));
  for (const payload of payloads)
    burst.push({ op: OP.FRAGMENT, queueId: 1, priority: PRIORITY.NORMAL, payload });
  return port.enqueueBurst(burst);
}

test('each ordered event becomes F - 1 FRAGMENTs and a FORWARD, contiguous and in its place', async () => {
  const r = await pieceRig({});
  sendAll(r, r.ports[0]!, fresh(6));
  r.pass();
  // The younger port goes first: nothing may come out before what port 1 holds.
  for (const id of [2, 1]) {
    const burst = take(r.ports[id]!);
    for (let i = 0; i < burst.length; i++) {
      const event = burst.payload(i);
      expect(fragment(r.ports[id]!, event * 10, event * 10 + 1, event * 10 + 2)).toBe(3);
      forward(r.ports[id]!, burst, i, 1, { payload: event * 10 + 3 });
    }
    r.pass();
  }
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual(upTo(6).flatMap((event) => upTo(4, event * 10)));
  r.ports[LAST]!.release(24);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('RELEASE completes with the pieces so far; they do not leave before', async () => {
  const r = await pieceRig({});
  sendAll(r, r.ports[0]!, fresh(2));
  r.pass();
  took(r.ports[1]!);
  took(r.ports[2]!);
  fragment(r.ports[1]!, 1, 2, 3, 4);
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([]);
  // Four pieces are what the event may become, so none is left for a FORWARD.
  r.ports[1]!.release(1);
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([1, 2, 3, 4]);
  expect(r.stats().queues[0]!.dropped).toBe(0);
});

test.each([
  ['atomic', { type: 'atomic' }],
  ['parallel', { type: 'parallel' }],
  ['any', { type: 'any' }],
  ['ordered per flow', { type: 'ordered', scope: 'flow' }],
] as const)('pieces of %s events go on with them', async (_, queue) => {
  const r = await pieceRig(queue);
  sendAll(r, r.ports[0]!, [{ flowId: 1, schedType: 0, payload: 5 }]);
  r.pass();
  const id = [1, 2].find((each) => r.stats().ports[each]!.inflight > 0)!;
  const burst = take(r.ports[id]!);
  fragment(r.ports[id]!, 50, 51);
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([]);
  expect(r.stats().inflight).toBe(3);
  forward(r.ports[id]!, burst, 0, 1, { payload: 52 });
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([50, 51, 52]);
});

test('a piece is never refused for credit: it overdraws, and NEW waits until the sum fits', async () => {
  const r = await pieceRig({}, 4);
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const burst = take(r.ports[1]!);
  expect(fragment(r.ports[1]!, 10, 11, 12)).toBe(3);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 7, creditsFree: -3 });
  expectCreditsSumUp(r);
  forward(r.ports[1]!, burst, 0, 1);
  r.pass(2);
  // Three completions bring the sum down to the limit; the fourth makes room for one NEW.
  const got = take(r.ports[LAST]!);
  expect(got.length).toBe(4);
  for (let done = 1; done <= 4; done++) {
    expect(send(r.ports[0]!, {})).toBe(0);
    expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
    r.ports[LAST]!.release(1);
    r.pass();
    expect(r.stats().inflight).toBe(7 - done);
  }
  r.pass(16);
  expect(send(r.ports[0]!, {}, {})).toBe(1);
  expectCreditsSumUp(r);
});

test('pieces of several ports at once keep the sum of all credits', async () => {
  const r = await pieceRig({}, 16);
  sendAll(r, r.ports[0]!, fresh(2));
  r.pass();
  const free = (): number => r.stats().ports.reduce((sum, port) => sum + port.credits, 0);
  expect(free() + r.stats().creditsFree).toBe(14);
  for (const id of [1, 2]) {
    took(r.ports[id]!);
    fragment(r.ports[id]!, ...upTo(4));
    r.ports[id]!.release(1);
  }
  r.pass(2);
  // Eight pieces inside, eight credits left: none of them is lost, and none is spent twice.
  expect(took(r.ports[LAST]!)).toHaveLength(8);
  expect(r.stats()).toMatchObject({ inflight: 8 });
  expect(send(r.ports[0]!, ...upTo(9).map(() => ({})))).toBeLessThanOrEqual(8);
  expectCreditsSumUp(r);
  r.ports[LAST]!.release(8);
  r.pass();
  expectCreditsSumUp(r);
});

test('pieces beyond what the queue allows are dropped and counted on it, a FORWARD included', async () => {
  const r = await pieceRig({ fragments: 3 });
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  const burst = take(r.ports[1]!);
  fragment(r.ports[1]!, 1, 2, 3, 4, 5);
  forward(r.ports[1]!, burst, 0, 1, { payload: 6 });
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([1, 2, 3]);
  const { queues, ports, dropped } = r.stats();
  expect([queues[0]!.dropped, queues[1]!.dropped, ports[1]!.dropped, dropped]).toEqual([
    3, 0, 0, 0,
  ]);
  expect(ports[1]!.rx).toBe(6);
  r.ports[LAST]!.release(3);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a queue without fragments drops every piece, in a domain with and without others', async () => {
  for (const others of [1, 2]) {
    const r = await rig({
      queues: [{ type: 'ordered' }, { type: 'directed', fragments: others }],
      ports: [{}, { links: [0] }, {}, { links: [1] }],
    });
    sendAll(r, r.ports[0]!, fresh(1));
    r.pass();
    const burst = take(r.ports[1]!);
    expect(fragment(r.ports[1]!, 1, 2)).toBe(2);
    forward(r.ports[1]!, burst, 0, 1, { payload: 3 });
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([3]);
    expect(r.stats().queues[0]!.dropped).toBe(2);
    expectCreditsSumUp(r);
  }
});

test('a piece for an unknown queue is dropped and counted on the port; with nothing in hand on the domain', async () => {
  const r = await pieceRig({});
  expect(fragment(r.ports[2]!, 1)).toBe(1);
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  took(r.ports[1]!);
  send(r.ports[1]!, { op: OP.FRAGMENT, queueId: 9 });
  r.pass();
  const { ports, queues, dropped, inflight } = r.stats();
  expect([ports[1]!.dropped, ports[2]!.dropped, queues[0]!.dropped, dropped]).toEqual([1, 0, 0, 1]);
  expect(inflight).toBe(1);
  expectCreditsSumUp(r);
});

test('pieces of an event that is scheduled again are discarded, their overdraft ends', async () => {
  const r = await pieceRig({}, 4);
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  took(r.ports[1]!);
  fragment(r.ports[1]!, 1, 2, 3);
  r.pass();
  expect(r.stats().inflight).toBe(7);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 2 });
  expect(r.stats()).toMatchObject({ inflight: 4 });
  expect(r.stats().queues[0]!.dropped).toBe(3);
  expectCreditsSumUp(r);
  r.pass();
  const burst = take(r.ports[2]!);
  expect(burst.length).toBe(4);
  for (let i = 0; i < 4; i++) forward(r.ports[2]!, burst, i, 1);
  r.pass(2);
  expect(took(r.ports[LAST]!).toSorted(ascending)).toEqual(upTo(4));
});

test('a stop flushes pieces, of events in hand and of those that wait for an older one', async () => {
  const r = await pieceRig({});
  sendAll(r, r.ports[0]!, fresh(2));
  r.pass();
  const second = take(r.ports[2]!);
  took(r.ports[1]!);
  fragment(r.ports[1]!, 10, 11);
  fragment(r.ports[2]!, 20, 21);
  forward(r.ports[2]!, second, 0, 1, { payload: 22 });
  r.pass();
  const flushed: number[] = [];
  const { flushed: count } = await r.domain.stop((events) => {
    for (let i = 0; i < events.length; i++) flushed.push(events.payload(i));
  });
  expect(count).toBe(6);
  expect(flushed.toSorted(ascending)).toEqual([0, 10, 11, 20, 21, 22]);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('pieces that the scheduler has not taken in meet RING_FULL, and nothing is lost', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'ordered', fragments: 64 }, { type: 'directed' }],
    ports: [{}, { links: [0] }, {}, { links: [1], dequeueDepth: 16 }].map((port) => ({
      ...port,
      enqueueDepth: 8,
    })),
  });
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  took(r.ports[1]!);
  expect(fragment(r.ports[1]!, ...upTo(8))).toBe(8);
  expect(fragment(r.ports[1]!, 8)).toBe(0);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.RING_FULL);
  r.pass();
  expect(fragment(r.ports[1]!, 8, 9)).toBe(2);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.NONE);
  r.ports[1]!.release(1);
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual(upTo(10));
});

test('pieces that multiply stop at what the domain has room for', async () => {
  const r = await rig({
    eventsLimit: 2,
    queues: [{ type: 'parallel', fragments: 4 }],
    ports: [{}, { links: [0] }],
  });
  sendAll(r, r.ports[0]!, fresh(2));
  for (let round = 0; round < 4; round++) {
    r.pass();
    const burst = take(r.ports[1]!);
    for (let i = 0; i < burst.length; i++) {
      send(r.ports[1]!, ...upTo(4).map(() => ({ op: OP.FRAGMENT, queueId: 0 })));
      r.ports[1]!.release(1);
    }
  }
  r.pass();
  expect(r.stats().inflight).toBeLessThanOrEqual(8);
  expect(r.stats().queues[0]!.dropped).toBeGreaterThan(0);
  expectCreditsSumUp(r);
});

test('storage for fragments is checked when the domain is created', async () => {
  const r = await pieceRig({});
  const error = await refusalOf(() =>
    r.device.createDomain({
      eventsLimit: 2 ** 19,
      queues: [{ type: 'atomic' }, { type: 'ordered', fragments: 4 }],
      ports: [{}],
    }),
  );
  expect(error.code).toBe('ERR_DLB_INVALID_SPEC');
  expect(error.details).toMatchObject({ field: 'spec.queues[1].fragments', value: 4, max: 2 });
});

test('with a capacity of its own a domain has room for so many pieces beyond eventsLimit, and drops others', async () => {
  const r = await rig({
    eventsLimit: 4,
    capacity: 9,
    queues: [{ type: 'ordered', fragments: 4096 }, { type: 'directed' }],
    ports: [{}, { links: [0] }, {}, { links: [1], dequeueDepth: 64 }],
  });
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const burst = take(r.ports[1]!);
  fragment(r.ports[1]!, ...upTo(7));
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 9, creditsFree: -5 });
  expect(r.stats().queues[0]!.dropped).toBe(2);
  forward(r.ports[1]!, burst, 0, 1, { payload: 7 });
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 2, 3, 4, 7]);
  // Those that are completed make room again, less a credit that a port was given meanwhile.
  r.ports[LAST]!.release(6);
  r.pass();
  fragment(r.ports[1]!, ...upTo(7));
  r.ports[1]!.release(1);
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual(upTo(5));
  expect(r.stats()).toMatchObject({ inflight: 7, dropped: 0 });
  expectCreditsSumUp(r);
});

test('a port that honours RING_FULL never overruns its ring with pieces', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'ordered', fragments: 2 }, { type: 'directed' }],
    ports: [{}, { links: [0] }, {}, { links: [1], dequeueDepth: 64 }].map((port) => ({
      ...port,
      enqueueDepth: 8,
    })),
  });
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const hand = take(r.ports[1]!);
  expect(hand.length).toBe(4);
  fragment(r.ports[1]!, 1);
  r.pass();
  // The first of these was counted before the ring was seen empty.
  expect(fragment(r.ports[1]!, ...upTo(8))).toBe(8);
  expect(fragment(r.ports[1]!, ...upTo(8))).toBe(0);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.RING_FULL);
  for (let i = 0; i < 4; i++) expect(forward(r.ports[1]!, hand, i, 1)).toBe(1);
  expect(r.stats().ports[1]!.enqueueUsed).toBeLessThanOrEqual(16);
  r.pass(2);
  expect(r.ports[1]!.state).toBe('started');
  expect(r.stats().ports[1]!.inflight).toBe(0);
  expectCreditsSumUp(r);
});
