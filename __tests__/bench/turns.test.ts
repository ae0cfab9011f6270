import { expect, test } from '@jest/globals';
import { CheckFailed } from '../../bench/scenario.js';
import type { Contestant, Run } from '../../bench/scenario.js';
import { measureInTurns, middle } from '../../bench/turns.js';

const silent = { step(): void {} };

/** Hands in these durations one by one, the first for the warm-up. */
function contestant(name: string, ...times: number[]): Contestant {
  return { name, events: 1000, run: (): Run => ({ ms: times.shift()!, problems: [] }) };
}

test('a ratio is the median of the ratios of each round, without the warm-up', async () => {
  const a = contestant('a', 999, 10, 20, 40);
  const b = contestant('b', 1, 20, 20, 400);
  const settings = { runs: 3, events: undefined };
  const [first, second] = await measureInTurns([a, b], 'ns/event', settings, silent);
  expect(first).toMatchObject({ milliseconds: [10, 20, 40], ratio: 1, rival: 'first row' });
  expect(first).toMatchObject({ best: 10_000, median: 20_000, worst: 40_000, spread: 150 });
  expect(second).toMatchObject({ milliseconds: [20, 20, 400], ratio: 2 });
});

test('a contestant may be compared with another than the first', async () => {
  const against = { name: 'c', label: 'C in short' };
  const entries = [
    contestant('a', 1, 1),
    { ...contestant('b', 1, 30), against },
    contestant('c', 1, 10),
  ];
  const rows = await measureInTurns(entries, 'events/s', { runs: 1, events: 500 }, silent);
  expect(rows[1]).toMatchObject({ ratio: 3, rival: 'C in short', events: 500 });
});

test('contestants take turns', async () => {
  const order: string[] = [];
  const entry = (name: string): Contestant => ({
    name,
    events: 1,
    async run() {
      order.push(name);
      await Promise.resolve();
      return { ms: 1, problems: [] };
    },
  });
  const settings = { runs: 2, events: undefined };
  await measureInTurns([entry('a'), entry('b')], 'events/s', settings, silent);
  expect(order.join('')).toBe('ababab');
});

test('a failed check ends the measurement and names who failed', async () => {
  const failing: Contestant = {
    name: 'x',
    events: 1,
    run: () => ({ ms: 1, problems: ['lost=1'] }),
  };
  const measured = measureInTurns([failing], 'events/s', { runs: 1, events: undefined }, silent);
  await expect(measured).rejects.toMatchObject({ problems: ['x: lost=1'] });
  await expect(measured).rejects.toThrow(CheckFailed);
});

test('the middle of an even number of values lies between two of them', () => {
  expect(middle([4, 1, 3])).toBe(3);
  expect(middle([4, 1, 3, 2])).toBe(2.5);
});
