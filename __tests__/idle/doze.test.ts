/** A scheduler worker dozes as long as dozes bring much more than rings. */
import { expect, test } from '@jest/globals';
import { Doze } from '../../lib/idle/doze.js';

/** Until who rings is heard, and how long a doze takes, in milliseconds. */
const RING_MS = 0.01;
const DOZE_MS = 0.09;
let now = 0;

/** `rests` rests: a ring brings so much, a doze so much. Returns which of them were dozes. */
function rest(doze: Doze, rests: number, ring: number, dozed: number, isCrowded = true): boolean[] {
  const found: boolean[] = [];
  let isDozing = false;
  for (let i = 0; i < rests; i++) {
    doze.add(isDozing ? dozed : ring);
    now += isDozing ? DOZE_MS : RING_MS;
    isDozing = doze.next(isCrowded, now);
    found.push(isDozing);
  }
  return found;
}

const dozesAmong = (rests: readonly boolean[]): number => rests.filter(Boolean).length;

test('a producer that goes on: nearly all rests are dozes', () => {
  const found = rest(new Doze(), 1000, 32, 1000);
  expect(dozesAmong(found)).toBeGreaterThan(950);
  // Now and then a park shows what a ring brings by now.
  expect(dozesAmong(found.slice(100))).toBeLessThan(900);
});

test.each([
  ['one event in flight', 1, 1],
  ['a few in flight', 1, 40],
  ['bursts that come one by one', 64, 128],
  ['a window that a doze finds whole, and rings get through sooner', 32, 128],
])('%s: trials only, ever more seldom', (_, ring, dozed) => {
  const found = rest(new Doze(), 4000, ring, dozed);
  const trials = found.flatMap((isDozing, i) => (isDozing ? [i] : []));
  expect(trials.length).toBeGreaterThan(3);
  expect(trials.length).toBeLessThan(10);
  const gaps = trials.slice(1).map((at, i) => at - trials[i]!);
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  // Never so seldom that it would not notice.
  expect(rest(new Doze(), 100_000, ring, dozed).lastIndexOf(true)).toBeGreaterThan(98_000);
});

test('it stops when dozes bring no more than rings, and begins again', () => {
  const doze = new Doze();
  expect(dozesAmong(rest(doze, 200, 32, 1000))).toBeGreaterThan(150);
  expect(dozesAmong(rest(doze, 200, 32, 32))).toBeLessThan(10);
  expect(dozesAmong(rest(doze, 2000, 32, 1000))).toBeGreaterThan(1000);
});

test('one long spell does not make rings seem worth waiting for', () => {
  const doze = new Doze();
  rest(doze, 10, 32, 1000);
  doze.add(10_000_000);
  doze.next(true, (now += DOZE_MS));
  expect(dozesAmong(rest(doze, 100, 32, 1000))).toBeGreaterThan(50);
});

test('it does not doze while cores are idle, nor after a rest that brought nothing', () => {
  expect(dozesAmong(rest(new Doze(), 1000, 32, 1000, false))).toBe(0);
  expect(dozesAmong(rest(new Doze(), 1000, 0, 0))).toBe(0);
  const doze = new Doze();
  expect(rest(doze, 500, 32, 1000).at(-1)).toBe(true);
  // The doze brought nothing: a park is next.
  expect(doze.next(true, (now += DOZE_MS))).toBe(false);
});
