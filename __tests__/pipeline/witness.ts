/**
 * What handlers write down in shared memory: who is at work on a key, and which of its items came last.
 *
 * Workers call `enter` and `leave`. The test marks threads that ended as gone, before what they held can be
 * scheduled again: what a thread that is gone left behind is allowed, everything else is counted as wrong.
 */
import { KEYS, keyOf, placeOf } from './keyed.js';

const CALLS = 0;
const SHARED = 1;
const OVERTAKEN = 2;
const REPEATED = 3;
const HEAD_WORDS = 4;
/** Threads of one process that can be marked. */
const THREADS_MAX = 1 << 14;

export class Witness {
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  /** [key]: the thread that is at work on it, 0: none. */
  readonly #holders: Int32Array;
  /** [key]: the place that comes next, and the thread that did the one before. */
  readonly #next: Int32Array;
  readonly #last: Int32Array;
  readonly #gone: Int32Array;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer((HEAD_WORDS + 3 * KEYS + THREADS_MAX) * 4);
    let at = 0;
    const words = (count: number): Int32Array => {
      const part = new Int32Array(this.memory, at, count);
      at += count * 4;
      return part;
    };
    this.#head = words(HEAD_WORDS);
    this.#holders = words(KEYS);
    this.#next = words(KEYS);
    this.#last = words(KEYS);
    this.#gone = words(THREADS_MAX);
  }

  /** Both 0 if a key's items were in one hand at a time, and in order. */
  get wrong(): { shared: number; overtaken: number } {
    return { shared: this.#count(SHARED), overtaken: this.#count(OVERTAKEN) };
  }
  get calls(): number {
    return this.#count(CALLS);
  }
  /** Calls for an item that had been begun before. */
  get repeated(): number {
    return this.#count(REPEATED);
  }

  enter(item: number, thread: number, attempt: number): void {
    const key = keyOf(item);
    const place = placeOf(item);
    Atomics.add(this.#head, CALLS, 1);
    const holder = Atomics.exchange(this.#holders, key, thread);
    if (holder !== 0 && !this.#isGone(holder)) Atomics.add(this.#head, SHARED, 1);
    const next = Atomics.load(this.#next, key);
    if (place !== next) {
      const isRetry = attempt > 0 && place === next - 1;
      const isAgain = place < next && this.#isGone(Atomics.load(this.#last, key));
      Atomics.add(this.#head, isRetry || isAgain ? REPEATED : OVERTAKEN, 1);
    }
    Atomics.store(this.#next, key, place + 1);
    Atomics.store(this.#last, key, thread);
  }

  leave(item: number, thread: number): void {
    const holder = Atomics.compareExchange(this.#holders, keyOf(item), thread, 0);
    if (holder !== thread) Atomics.add(this.#head, SHARED, 1);
  }

  markGone(thread: number): void {
    Atomics.store(this.#gone, thread, 1);
  }

  #isGone(thread: number): boolean {
    return Atomics.load(this.#gone, thread) !== 0;
  }
  #count(word: number): number {
    return Atomics.load(this.#head, word);
  }
}
