/**
 * The pool as control and the scheduler see it: making it, taking back what a dead port had, and
 * counting.
 *
 * Runs on:   control (`initPool`, `poolStats`) and the scheduler (`reclaimBuffers`).
 * Writes:    owner words and hints; `initPool` all of the pool but the buffers themselves.
 */
import { observe, swapIf } from '#words';
import type { PoolLayout } from '../memory/layout.js';
import { HINT_SHIFT, HINTS_PER_WORD, restoreHints } from './hints.js';
import {
  FIRST_NUMBER,
  freeWord,
  handleOf,
  isFree,
  isOwnedBy,
  ownerOf,
  wordAfterFree,
} from './owner-word.js';

/** In the counters line: frees refused, by all ports, modulo 2^32. Several threads add to it. */
export const BAD_FREES = 0;

export interface PoolStats {
  readonly free: number;
  readonly allocated: number;
  /** Handles given to `free` that named no allocation. */
  readonly badFrees: number;
}

/** Makes all buffers free. Called once, before any port can attach. */
export function initPool(words: Int32Array, layout: PoolLayout): void {
  const { counters, bitmap, bitmapWords, owners, count } = layout;
  words[counters + BAD_FREES] = 0;
  words.fill(freeWord(FIRST_NUMBER), owners, owners + count);
  words.fill(0, bitmap, bitmap + bitmapWords);
  for (let index = 0; index < count; index++) {
    words[bitmap + (index >>> HINT_SHIFT)]! |= 1 << (index % HINTS_PER_WORD);
  }
}

/**
 * Frees what the port had allocated and no event names. Returns how many buffers.
 *
 * The port's thread is gone and no other has the port yet. `isNamed` answers for every event of the
 * domain, those that the port put on its ring included; it is asked about this port's handles only.
 */
export function reclaimBuffers(
  words: Int32Array,
  layout: PoolLayout,
  portId: number,
  isNamed: (handle: number) => boolean,
): number {
  const owner = ownerOf(portId);
  let freed = 0;
  for (let index = 0; index < layout.count; index++) {
    const at = layout.owners + index;
    const seen = words[at]!;
    if (!isOwnedBy(seen, owner) || isNamed(handleOf(seen, index))) continue;
    // M1 → N1 (claim.ts#claim). Another port may have freed it since.
    if (swapIf(words, at, seen, wordAfterFree(seen)) === seen) freed++;
  }
  // Of these, and of whatever the port died before setting.
  restoreHints(words, layout);
  return freed;
}

/** A count while others work, exact when nobody does. */
export function poolStats(words: Int32Array, layout: PoolLayout): PoolStats {
  let free = 0;
  for (let index = 0; index < layout.count; index++) {
    if (isFree(words[layout.owners + index]!)) free++;
  }
  const badFrees = observe(words, layout.counters + BAD_FREES) >>> 0;
  return { free, allocated: layout.count - free, badFrees };
}
