import { expect, test } from '@jest/globals';
import {
  Arrivals,
  newFlowTable,
  problemsOf,
  resetFlowTable,
  writeEvents,
} from '../../bench/workload.js';
import type { Tally } from '../../bench/workload.js';
import { EventBurst } from '../../lib/index.js';

const EVENTS = 2048;

/** The tally of a consumer that is given the events in this order. */
function tallyOf(order: Iterable<number>): Tally {
  const table = newFlowTable();
  resetFlowTable(table);
  const arrivals = new Arrivals(table);
  const burst = new EventBurst(1);
  for (const n of order) {
    writeEvents(burst, n, 1);
    arrivals.take(burst);
  }
  return arrivals.tally();
}

const all = Array.from({ length: EVENTS }, (_, n) => n);

test('flows may overtake each other', () => {
  const byFlow = all.toSorted((a, b) => (a % 1024) - (b % 1024) || a - b);
  expect(problemsOf(EVENTS, [tallyOf(byFlow)], true)).toEqual([]);
});

test('what does not arrive is a problem', () => {
  expect(problemsOf(EVENTS, [tallyOf(all.slice(1))], true)).toContainEqual(
    expect.stringContaining('received=2047, sent=2048'),
  );
});

test('one event in the place of another is a problem', () => {
  const [first, ...others] = all;
  expect(problemsOf(EVENTS, [tallyOf([...others, others[0]!])], false)).toEqual([
    expect.stringContaining('payload sum'),
  ]);
  expect(first).toBe(0);
});

test('events of a flow that change places are a problem where order is promised', () => {
  const swapped = all.with(0, 1024).with(1024, 0);
  expect(problemsOf(EVENTS, [tallyOf(swapped)], true)).toEqual(['out of order=2']);
  expect(problemsOf(EVENTS, [tallyOf(swapped)], false)).toEqual([]);
});
