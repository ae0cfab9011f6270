/**
 * The operations that code under exploration calls in place of JavaScript's atomic ones. In a
 * thread of a scenario each is a step; elsewhere they simply do it, for there is one thread only.
 */
import { currentWorld } from './current.js';
import { misuse } from './errors.js';
import type { Kind } from './operation.js';
import { resultOf } from './operation.js';
import { locate } from './shared.js';
import { NOT_EQUAL } from './world.js';

export function load(words: Int32Array, at: number): number {
  return perform('load', words, at, 0);
}

export function store(words: Int32Array, at: number, value: number): void {
  perform('store', words, at, value);
}

/** Adds to a word. Returns what it was; so do the five that follow. */
export function add(words: Int32Array, at: number, value: number): number {
  return perform('add', words, at, value);
}

export function and(words: Int32Array, at: number, bits: number): number {
  return perform('and', words, at, bits);
}

export function or(words: Int32Array, at: number, bits: number): number {
  return perform('or', words, at, bits);
}

export function xor(words: Int32Array, at: number, bits: number): number {
  return perform('xor', words, at, bits);
}

export function exchange(words: Int32Array, at: number, value: number): number {
  return perform('exchange', words, at, value);
}

/** Stores `value` if the word is `expected`. */
export function compareExchange(
  words: Int32Array,
  at: number,
  expected: number,
  value: number,
): number {
  return perform('compareExchange', words, at, value, expected);
}

/** Parks the thread until it is notified, if the word is `value`. There is no time-out. */
export function wait(words: Int32Array, at: number, value: number): 'ok' | 'not-equal' {
  return perform('wait', words, at, value) === NOT_EQUAL ? 'not-equal' : 'ok';
}

/** Wakes up to `count` threads that are parked on the word. Returns how many. */
export function notify(words: Int32Array, at: number, count = Infinity): number {
  return perform('notify', words, at, count);
}

/**
 * Operations in `body` keep to one order per word, but order nothing else: what was written before
 * them is not visible to who sees them. To show that code relies on an order.
 */
export function unordered<T>(body: () => T): T {
  const run = currentWorld()?.run ?? null;
  if (run === null) return body();
  run.ordered = false;
  try {
    return body();
  } finally {
    run.ordered = true;
  }
}

/** An object of its own for each run of a thread; null outside of threads, and in their setup.
 *  Threads are run again and again, so what stands between code and explorer keeps its state by
 *  this. */
export function currentRun(): object | null {
  const run = currentWorld()?.run ?? null;
  return run === null || run.settingUp ? null : run;
}

function perform(kind: Kind, words: Int32Array, at: number, value: number, expected = 0): number {
  const place = locate(words, at);
  if (place !== null && place.world.run !== null) {
    const operand = kind === 'notify' ? value : value | 0;
    return place.world.access(kind, place.word, place.element, operand, expected | 0);
  }
  if (kind === 'wait' || kind === 'notify') return alone(kind, words, at, value);
  const old = words[at]!;
  const next = resultOf(kind, old, value, expected | 0);
  if (kind !== 'load') words[at] = next;
  return old;
}

/** `wait` and `notify` where no other thread is. */
function alone(kind: 'wait' | 'notify', words: Int32Array, at: number, value: number): number {
  if (kind === 'notify') return 0;
  if (words[at] !== value) return NOT_EQUAL;
  throw misuse('wait() would last for ever: the memory is not shared, or no thread runs');
}
