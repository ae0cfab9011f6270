/**
 * Taking a buffer and giving it back: one compare and swap of its owner word each.
 *
 * Runs on:   every thread of the domain.
 * Writes:    owner words and hints.
 * Ordering:  README.md, edges M1 → N1, M2 → N2, M3 → N3, M4 → N4.
 *
 * A thread may die after any step. Before the swap nothing has happened; after it all has, and
 * only the hint may be wrong.
 */
import { swapIf } from '#words';
import type { PoolLayout } from '../memory/layout.js';
import { clearHint, dropHint, HINT_SHIFT, HINTS_PER_WORD, nextBit, setHint } from './hints.js';
import { handleOf, indexOf, isFree, isNamedBy, NO_BUFFER, wordAfterFree } from './owner-word.js';

/**
 * Claims a buffer that the hints say is free, looking first beside `last`, the index claimed
 * before. Returns its handle, or NO_BUFFER after a look at all hints; wrong ones are dropped.
 */
export function claimHinted(
  words: Int32Array,
  layout: PoolLayout,
  owner: number,
  last: number,
): number {
  const { bitmap, bitmapWords, count } = layout;
  let w = last >>> HINT_SHIFT;
  let from = (last + 1) % HINTS_PER_WORD;
  for (let looked = 0; looked < bitmapWords; looked++) {
    // A plain read: the swap finds out whether it is current.
    let bits = words[bitmap + w]!;
    while (bits !== 0) {
      const bit = nextBit(bits, from);
      const index = w * HINTS_PER_WORD + bit;
      // A wild write may have set bits past the last buffer.
      const handle = index < count ? claim(words, layout, owner, index) : NO_BUFFER;
      if (handle !== NO_BUFFER) return handle;
      bits &= ~(1 << bit);
    }
    from = 0;
    w = w + 1 === bitmapWords ? 0 : w + 1;
  }
  return NO_BUFFER;
}

/**
 * Frees the allocation that `handle` names. False, and nothing changes, if it names none: it was
 * freed before, perhaps by someone else and just now, or it never was a handle of this pool.
 */
export function release(words: Int32Array, layout: PoolLayout, handle: number): boolean {
  const index = indexOf(handle, layout.count);
  if (index === -1) return false;
  const at = layout.owners + index;
  // A plain read will do. N2 ← M2 (claim): whoever has the handle by right got it after the claim,
  // so sees its word. For anyone else the swap decides.
  const seen = words[at]!;
  if (!isNamedBy(seen, handle)) return false;
  // M1 → N1 (claim): what we read and wrote in the buffer is over for whoever claims it next.
  if (swapIf(words, at, seen, wordAfterFree(seen)) !== seen) return false;
  // M3 → N3 (hints.ts#dropHint): the word is free before the bit is set.
  setHint(words, layout, index);
  return true;
}

function claim(words: Int32Array, layout: PoolLayout, owner: number, index: number): number {
  const at = layout.owners + index;
  let seen = words[at]!;
  // Goes round only if the buffer was taken and given back in between.
  while (isFree(seen)) {
    // N1 ← M1 (release): the last holder is done with the buffer.
    // M2 → N2 (release): the word is ours before anyone can have the handle.
    const found = swapIf(words, at, seen, seen | owner);
    if (found === seen) {
      // M4 → N4 (reserve.ts#untouched): from here on the claim counts for everyone's reserve.
      clearHint(words, layout, index);
      return handleOf(seen, index);
    }
    seen = found;
  }
  dropHint(words, layout, index);
  return NO_BUFFER;
}
