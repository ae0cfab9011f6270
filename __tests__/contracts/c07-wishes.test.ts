/** C7 and C10: a NEW refused for CREDIT leaves a wish, and it is served within 16 passes. */
import { expect, test } from '@jest/globals';
import { attachPort, OP, REFUSAL } from '../../lib/index.js';
import { expectCreditsSumUp, fresh, rig, send, took, upTo } from './harness.js';
import type { Rig } from './harness.js';

const WITHIN_PASSES = 16;

/** Ports that only produce, on a queue that nobody serves. */
function producers(count: number, eventsLimit: number, attach?: number[]): Promise<Rig> {
  const ports = upTo(count).map(() => ({ enqueueDepth: 512 }));
  const queues = [{ type: 'parallel' as const }];
  return rig({ eventsLimit, queues, ports, ...(attach === undefined ? {} : { attach }) });
}

/** Asks again before each pass until it has got `wanted`; returns how many passes that took. */
function passesToGet(r: Rig, id: number, wanted: number): number {
  let got = send(r.ports[id]!, ...fresh(wanted));
  for (let passes = 0; passes <= 4 * WITHIN_PASSES; passes++) {
    if (got === wanted) return passes;
    r.pass();
    got += send(r.ports[id]!, ...fresh(wanted - got));
  }
  return Infinity;
}

test.each([2, 3, 16, 64])('a wish among %i ports gets the last free credit', async (count) => {
  const eventsLimit = count * 3 + 1;
  const r = await producers(count, eventsLimit);
  expect(passesToGet(r, count - 1, eventsLimit)).toBeLessThanOrEqual(WITHIN_PASSES);
  const { creditsFree, inflight, ports } = r.stats();
  expect([creditsFree, inflight]).toEqual([0, eventsLimit]);
  expect(ports.every((port) => port.credits === 0)).toBe(true);
});

test.each([1, 2, 40])(
  'a wish for %i credits is served though it is left only once',
  async (more) => {
    const r = await producers(4, 64);
    expect(send(r.ports[2]!, ...fresh(16 + more))).toBe(16);
    expect(r.ports[2]!.refusal).toBe(REFUSAL.CREDIT);
    r.pass(WITHIN_PASSES);
    expect(send(r.ports[2]!, ...fresh(more))).toBe(more);
    expectCreditsSumUp(r);
  },
);

test('a port that nobody has attached keeps no credits from one that wishes', async () => {
  const r = await producers(4, 40, [1]);
  expect(passesToGet(r, 1, 40)).toBeLessThanOrEqual(WITHIN_PASSES);
});

test('two wishers with more wishes than credits both get some', async () => {
  const r = await producers(5, 10);
  send(r.ports[0]!, ...fresh(10));
  send(r.ports[1]!, ...fresh(10));
  const got = [2, 2];
  for (let pass = 0; pass < WITHIN_PASSES; pass++) {
    r.pass();
    for (const id of [0, 1]) got[id]! += send(r.ports[id]!, ...fresh(10));
  }
  expect(got[0]! + got[1]!).toBe(10);
  expect(Math.min(...got)).toBeGreaterThanOrEqual(4);
});

test('credits that come free go to a standing wish', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, {}, {}],
  });
  expect(send(r.ports[1]!, ...fresh(9))).toBe(1);
  r.pass();
  expect(send(r.ports[1]!, ...fresh(9))).toBe(3);
  expect(send(r.ports[2]!, {})).toBe(0);
  r.pass(3);
  expect(send(r.ports[2]!, {})).toBe(0);
  took(r.ports[0]!);
  r.ports[0]!.release(2);
  r.pass(WITHIN_PASSES);
  expect(send(r.ports[2]!, {})).toBe(1);
  expectCreditsSumUp(r);
});

test('a port that gave up wishing does not keep credits from one that wishes', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, {}],
  });
  // Port 0 wishes for more than there will ever be, gets one, and does not want it any more.
  send(r.ports[0]!, ...fresh(2));
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  took(r.ports[0]!);
  r.ports[0]!.release(1);
  r.pass();
  expect(r.stats().ports[0]!.credits).toBe(1);
  expect(passesToGet(r, 1, 1)).toBeLessThanOrEqual(WITHIN_PASSES);
});

test('what a dead port had not spent is had by the others', async () => {
  const r = await producers(2, 8);
  send(r.ports[1]!, ...fresh(3));
  await r.domain.reclaim(1);
  expectCreditsSumUp(r);
  expect(r.stats().inflight).toBe(3);
  expect(passesToGet(r, 0, 5)).toBeLessThanOrEqual(WITHIN_PASSES);
  expect(send(r.ports[0]!, {})).toBe(0);
});

test('credits of a detached port come back, and its next owner gets all that are free', async () => {
  const r = await producers(2, 8);
  send(r.ports[1]!, ...fresh(2));
  r.ports[1]!.detach();
  r.pass();
  expectCreditsSumUp(r);
  expect(r.stats().ports[1]!.credits).toBe(0);
  r.ports[1] = attachPort(r.domain.attachment(1));
  expect(passesToGet(r, 1, 6)).toBeLessThanOrEqual(WITHIN_PASSES);
  expectCreditsSumUp(r);
});

test('each port in turn gets every credit there is, without a restart', async () => {
  const r = await rig({
    eventsLimit: 6,
    queues: [{ type: 'parallel' }],
    ports: [{}, {}, {}, { links: [0] }],
  });
  for (const id of [0, 1, 2, 0, 2, 1]) {
    expect(passesToGet(r, id, 6)).toBeLessThanOrEqual(WITHIN_PASSES);
    // All end, and the port that has just spent them becomes idle.
    r.pass();
    expect(took(r.ports[3]!)).toHaveLength(6);
    expect(r.ports[3]!.release(6)).toBe(6);
    r.pass();
    expectCreditsSumUp(r);
  }
});

test('two ports that ask in turn for the last credit are both served in time', async () => {
  const r = await rig({
    eventsLimit: 2,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, {}, {}],
  });
  send(r.ports[0]!, {});
  r.pass();
  // One event always stays in hand, so that one credit goes round.
  expect(took(r.ports[0]!)).toHaveLength(1);
  const served = [0, 0, 0];
  const longest = [0, 0, 0];
  for (let turn = 0; turn < 400; turn++) {
    const id = 1 + (turn % 2);
    if (send(r.ports[id]!, { payload: id }) === 1) served[id] = turn;
    r.pass();
    took(r.ports[0]!);
    r.ports[0]!.release(r.ports[0]!.outstanding - 1);
    for (const each of [1, 2]) longest[each] = Math.max(longest[each]!, turn - served[each]!);
    expectCreditsSumUp(r);
  }
  expect(longest[1]).toBeLessThanOrEqual(WITHIN_PASSES);
  expect(longest[2]).toBeLessThanOrEqual(WITHIN_PASSES);
});

test('a wish left once gets what another was granted a moment ago and does not spend', async () => {
  const r = await producers(2, 8);
  // Port 0 is granted the four of port 1, and never comes to take them.
  send(r.ports[0]!, ...fresh(8));
  r.pass();
  expect(r.stats().ports.map((port) => port.credits)).toEqual([4, 0]);
  expect(send(r.ports[1]!, ...fresh(3))).toBe(0);
  r.pass(WITHIN_PASSES);
  expect(send(r.ports[1]!, ...fresh(3))).toBe(3);
  expectCreditsSumUp(r);
});

test.each(['detach', 'reclaim', 'disable'] as const)(
  'nobody keeps credits for a port whose wish was left before its %s',
  async (how) => {
    const r = await producers(2, 8);
    send(r.ports[1]!, ...fresh(4));
    expect(send(r.ports[1]!, ...fresh(8))).toBe(0);
    if (how === 'detach') r.ports[1]!.detach();
    else if (how === 'reclaim') await r.domain.reclaim(1);
    else await r.domain.disablePort(1);
    r.pass(WITHIN_PASSES);
    expect(r.stats().ports[1]!.credits).toBe(0);
    expect(passesToGet(r, 0, 4)).toBeLessThanOrEqual(WITHIN_PASSES);
    expectCreditsSumUp(r);
  },
);

test('what pieces took back from a wish is given again, though the port does not ring', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel', fragments: 4 }],
    ports: [{}, { links: [0] }],
  });
  const [from, to] = [r.ports[0]!, r.ports[1]!];
  // The wish is granted, and not looked after at once.
  expect(send(from, ...fresh(4))).toBe(2);
  // So long that it does not count as a port that spends.
  r.pass(80);
  expect(took(to)).toEqual([0, 1]);
  send(to, { op: OP.FRAGMENT }, { op: OP.FRAGMENT }, { op: OP.FRAGMENT });
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 5, creditsFree: -1 });
  expect(send(from, ...fresh(2))).toBe(0);
  r.pass(WITHIN_PASSES);
  to.release(2);
  for (let turn = 0; turn < WITHIN_PASSES; turn++) {
    took(to);
    to.release(4);
    r.pass();
  }
  expect(r.stats()).toMatchObject({ inflight: 0 });
  expect(send(from, ...fresh(2))).toBe(2);
});
