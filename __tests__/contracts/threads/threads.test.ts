/** The contracts with real threads: a scheduler worker, workers on the ports, parks without limit. */
import { expect, test } from '@jest/globals';
import { runChild } from './run-child.js';

const EVENTS = 400_000;

test('C3: 400 000 events leave two stages in the order in which they came', async () => {
  const result = await runChild<{ reordered: number }>('order.program.js', [EVENTS]);
  expect(result).toMatchObject({ received: EVENTS, broken: 0, credits: 4096, flushed: 0 });
  // One worker kept the first event until the other had sent some on.
  expect(result.reordered).toBeGreaterThan(0);
});

test.each(['atomic', 'ordered'] as const)(
  'C2: behind an %s stage the lock of a flow is never found taken, and a flow keeps its order',
  async (first) => {
    expect(await runChild('exclusive.program.js', [EVENTS, first])).toEqual({
      broken: 0,
      once: true,
      stages: [
        [EVENTS, EVENTS],
        [EVENTS, EVENTS],
      ],
      rx: 2 * EVENTS,
      dropped: 0,
      credits: 4096,
      flushed: 0,
      bothWorked: true,
      overtaken: first === 'ordered',
    });
  },
);

test('C1: workers that are terminated in the middle lose nothing', async () => {
  const events = 100_000;
  const kills = 5;
  const result = await runChild<{
    first: { held: number; twice: number; suspects: number };
    again: number;
    redelivered: number;
  }>('crash.program.js', [events, kills]);
  expect(result).toMatchObject({ accepted: events, lost: 0, credits: 512, flushed: 0 });
  const { first, again, redelivered } = result;
  // What the first had done and not completed was done again, and only what it named was suspect.
  expect(first.held).toBeGreaterThan(1);
  expect(first.twice).toBe(first.held >> 1);
  expect(first.suspects).toBe(1);
  // Nothing was done twice but by a delivery after a reclaim; a port holds a burst and its CQ.
  expect(again).toBeLessThanOrEqual(redelivered);
  expect(redelivered).toBeLessThanOrEqual((kills + 1) * (64 + 16));
});

test('C3: workers that are terminated in an ordered stage neither lose, repeat nor reorder', async () => {
  const events = 200_000;
  const result = await runChild<{ held: number; again: number }>('crash-order.program.js', [
    events,
    6,
  ]);
  expect(result).toMatchObject({
    received: events,
    broken: 0,
    rx: 2 * events,
    credits: 1024,
    flushed: 0,
  });
  // Three died with a burst in hand, and what they held went again.
  expect(result.held).toBeGreaterThanOrEqual(3);
  expect(result.again).toBeGreaterThanOrEqual(result.held);
});

test('C12: a domain that stops under its threads accounts for every event', async () => {
  expect(await runChild('stops.program.js', [6])).toEqual({
    wrong: 0,
    left: 0,
    unequal: 0,
    matches: true,
    worked: true,
  });
});

test('C10: no wake-up is lost when every thread parks between two events', async () => {
  expect(await runChild('wake.program.js', [6000])).toEqual({ wrong: 0, credits: [64, 64, 64] });
});
