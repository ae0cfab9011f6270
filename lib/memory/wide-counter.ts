/**
 * Counters exact up to 2^53 in two 32-bit words: low, then high. A 64-bit plain access may tear.
 *
 * One writer. A reader exactly between the two stores of a carry, once in 2^32 counts, sees 2^32
 * too little for that moment.
 */
import { observe } from '#words';

/** A carry is once in 2^32 counts; what changes more often is overwritten by nonsense. */
const READS_MAX = 4;

/** Adds a small positive number. Data path: two plain accesses. */
export function count(words: Int32Array, at: number, by: number): void {
  const before = words[at]!;
  const after = (before + by) | 0;
  words[at] = after;
  if (after >>> 0 < before >>> 0) words[at + 1] = words[at + 1]! + 1;
}

export function readCount(words: Int32Array, at: number): number {
  for (let reads = 1; ; reads++) {
    const high = observe(words, at + 1);
    const low = observe(words, at) >>> 0;
    if (observe(words, at + 1) === high || reads === READS_MAX) return high * 2 ** 32 + low;
  }
}
