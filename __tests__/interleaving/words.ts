/**
 * `#words` under the condition `explore`: the same names as lib/memory/words.ts, by the steps of
 * the explorer in place of the processor. Tests take edges away here, see weakening.ts.
 */
import * as explorer from '../../lib/explore/index.js';
import { carryOut } from './weakening.js';
import type { Op } from './weakening.js';

type Words = Int32Array;

export function publish(words: Words, at: number, value: number): void {
  run('publish', words, at, 0, () => {
    explorer.store(words, at, value);
    return 0;
  });
}

export function observe(words: Words, at: number): number {
  return run('observe', words, at, 0, () => explorer.load(words, at));
}

export function swapIf(words: Words, at: number, expected: number, next: number): number {
  return carryOut({
    op: 'swapIf',
    words,
    at,
    expected,
    perform: () => explorer.compareExchange(words, at, expected, next),
    force: () => explorer.store(words, at, next),
    look: (other) => explorer.load(words, other),
  });
}

export function swap(words: Words, at: number, value: number): number {
  return run('swap', words, at, 0, () => explorer.exchange(words, at, value));
}

export function addTo(words: Words, at: number, value: number): number {
  return run('addTo', words, at, 0, () => explorer.add(words, at, value));
}

export function setBits(words: Words, at: number, bits: number): number {
  return run('setBits', words, at, 0, () => explorer.or(words, at, bits));
}

export function clearBits(words: Words, at: number, bits: number): number {
  return run('clearBits', words, at, 0, () => explorer.and(words, at, ~bits));
}

/** Without a time-out, so that a lost wake-up shows as a deadlock. */
export function park(words: Words, at: number, seen: number, _ms: number): boolean {
  explorer.wait(words, at, seen);
  return true;
}

export function parkAsync(): never {
  throw new Error('threads under exploration are synchronous');
}

export function wake(words: Words, at: number): void {
  run('wake', words, at, 0, () => explorer.notify(words, at));
}

function run(op: Op, words: Words, at: number, expected: number, perform: () => number): number {
  const look = (other: number): number => explorer.load(words, other);
  return carryOut({ op, words, at, expected, perform, look });
}
