/** C7, C10: a wish ends with the wait that left it, and only a wait for NEW to be accepted keeps asking. */
import { expect, test } from '@jest/globals';
import { REFUSAL } from '../../lib/index.js';
import { viewDomain } from '../../lib/memory/attachment.js';
import { HEADER } from '../../lib/memory/layout.js';
import { expectCreditsSumUp, fresh, rig, send, took } from './harness.js';
import type { Rig } from './harness.js';

const LIMIT = 32;
/** By then every wish is served. */
const WITHIN_PASSES = 16;

/** Port 0 completes; ports 1 and 2 produce. */
function rivals(far = false): Promise<Rig> {
  return rig({
    eventsLimit: LIMIT,
    queues: [{ type: 'parallel' }, { type: 'directed' }],
    ports: [{ links: [0] }, { links: [1] }, {}],
    far,
  });
}

/** One round of port 2, which sends as much as it may. */
function round(r: Rig): number {
  const sent = send(r.ports[2]!, ...fresh(LIMIT));
  r.pass();
  took(r.ports[0]!);
  r.ports[0]!.release(r.ports[0]!.outstanding);
  r.pass();
  return sent;
}

/** `count` rounds of port 2. */
function rounds(r: Rig, count: number): number[] {
  return Array.from({ length: count }, () => round(r));
}

/** All credits are those of port 2, and port 1 is refused `count` of them. */
function refuse(r: Rig, count: number, all = LIMIT): void {
  // So many that what others spent before is forgotten.
  rounds(r, 3 * WITHIN_PASSES);
  expect(send(r.ports[2]!, ...fresh(LIMIT))).toBe(all);
  expect(send(r.ports[1]!, ...fresh(count))).toBe(0);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.CREDIT);
}

/** Port 2 gets all credits, in every round. */
function expectAll(r: Rig, count = 100): void {
  rounds(r, 2 * WITHIN_PASSES);
  expect(rounds(r, count)).toEqual(Array.from({ length: count }, () => LIMIT));
  expectCreditsSumUp(r);
}

test.each([
  ['near', 1],
  ['near', LIMIT],
  ['far', 7],
  ['far', LIMIT],
] as const)(
  'S11: a port that was refused and sleeps for events keeps no credits (%s, a wish for %i)',
  async (how, count) => {
    const r = await rivals(how === 'far');
    refuse(r, count);
    const ends = new AbortController();
    const waiting = r.ports[1]!.ready({ signal: ends.signal });
    expectAll(r, 200);
    ends.abort();
    expect(await waiting).toBe(false);
  },
);

test('S11: the same while it handles events, which it completes one by one', async () => {
  const r = await rivals();
  send(r.ports[2]!, ...fresh(8, { queueId: 1 }));
  refuse(r, LIMIT, LIMIT - 8);
  rounds(r, 2 * WITHIN_PASSES);
  for (let left = 8; left > 0; left--) {
    expect(round(r)).toBe(LIMIT - left);
    took(r.ports[1]!, 1);
    expect(r.ports[1]!.release(1)).toBe(1);
    rounds(r, 2);
  }
  expectAll(r);
});

test('S11: a wait for credits is served beside one that spends; what it does not take is had by that', async () => {
  const r = await rivals(true);
  refuse(r, 1);
  let isReady = false;
  const waiting = r.ports[1]!.ready({ credits: 8 }).then((is) => (isReady = is));
  for (let i = 0; i < WITHIN_PASSES && !isReady; i++) {
    round(r);
    await new Promise(setImmediate);
  }
  expect(await waiting).toBe(true);
  expectAll(r);
});

test.each(['an abort', 'an event'] as const)(
  'S11: a wait for credits that ends with %s leaves no wish',
  async (how) => {
    const r = await rivals(true);
    refuse(r, 1);
    const ends = new AbortController();
    const waiting = r.ports[1]!.ready({ credits: LIMIT, signal: ends.signal });
    await new Promise(setImmediate);
    rounds(r, 1);
    expect(send(r.ports[2]!, { queueId: 1 })).toBe(1);
    r.pass();
    if (how === 'an abort') ends.abort();
    expect(await waiting).toBe(how === 'an event');
    took(r.ports[1]!);
    r.ports[1]!.release(r.ports[1]!.outstanding);
    expectAll(r);
  },
);

test('S11: a port whose wish was ended rings when it asks again', async () => {
  const r = await rivals(true);
  for (let turn = 0; turn < 4; turn++) {
    refuse(r, 4);
    expectAll(r, 4);
    // Port 2 does nothing more; what it has is there to be had.
    r.pass(2 * WITHIN_PASSES);
    expect(send(r.ports[1]!, ...fresh(4))).toBe(0);
    const { words } = viewDomain(r.domain.attachment(1));
    expect(words[HEADER.DOORBELL]! & 0b10).toBe(0b10);
    r.pass(WITHIN_PASSES);
    expect(send(r.ports[1]!, ...fresh(4))).toBe(4);
    r.pass();
    took(r.ports[0]!);
    r.ports[0]!.release(r.ports[0]!.outstanding);
    r.pass();
  }
});
