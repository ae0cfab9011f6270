/**
 * The bitmap: one bit per buffer, 1 when it is probably free.
 *
 * A hint only says where to look. Whatever the bits are, the owner words decide; wrong bits cost
 * time and are put right by whoever meets them. README.md says which wrong bits there can be.
 *
 * Runs on:   every thread of the domain.
 * Writes:    the bitmap. Reads owner words.
 */
import { clearBits, observe, setBits } from '#words';
import type { PoolLayout } from '../memory/layout.js';
import { isFree } from './owner-word.js';

/** Buffers whose hints share a word. */
export const HINTS_PER_WORD = 32;
/** An index shifted right by this is the number of its bitmap word. */
export const HINT_SHIFT = 5;
const BIT_MASK = HINTS_PER_WORD - 1;

/** After a buffer came free. */
export function setHint(words: Int32Array, layout: PoolLayout, index: number): void {
  setBits(words, layout.bitmap + (index >>> HINT_SHIFT), 1 << (index & BIT_MASK));
}

/** After a buffer was claimed. Done even when the bit is clear: this is also the step that other
 *  threads order themselves by (README.md, M4 → N4). */
export function clearHint(words: Int32Array, layout: PoolLayout, index: number): void {
  clearBits(words, layout.bitmap + (index >>> HINT_SHIFT), 1 << (index & BIT_MASK));
}

/** The hint was set and the buffer was not free. */
export function dropHint(words: Int32Array, layout: PoolLayout, index: number): void {
  clearHint(words, layout, index);
  // N3 ← M3 (claim.ts#release): the bit just cleared may be that of a free which came after our
  // look. Then its owner word is free by now, and the bit is due.
  if (isFree(observe(words, layout.owners + index))) setHint(words, layout, index);
}

/**
 * Gives every free buffer its hint back: some thread may have died before it set one. Returns
 * whether any hint is set now, so false means that no free buffer was met.
 */
export function restoreHints(words: Int32Array, layout: PoolLayout): boolean {
  let any = false;
  for (let w = 0; w < layout.bitmapWords; w++) {
    // Not a plain read: a caller that finds nothing, again and again, must see new hints some day.
    const bits = observe(words, layout.bitmap + w);
    const lost = lostHints(words, layout, w, bits);
    if (lost !== 0) setBits(words, layout.bitmap + w, lost);
    any ||= (bits | lost) !== 0;
  }
  return any;
}

/** The bits of word `w` that `bits` lacks although their buffers are free. Plain reads: whoever
 *  claims a buffer by its hint looks at the owner word again. */
function lostHints(words: Int32Array, layout: PoolLayout, w: number, bits: number): number {
  const first = w * HINTS_PER_WORD;
  const inWord = Math.min(HINTS_PER_WORD, layout.count - first);
  let lost = 0;
  for (let bit = 0; bit < inWord; bit++) {
    if (((bits >>> bit) & 1) === 0 && isFree(words[layout.owners + first + bit]!)) lost |= 1 << bit;
  }
  return lost;
}

/** True if at least `wanted` hints are set. Plain reads, and no snapshot: a guess. */
export function hasHints(words: Int32Array, layout: PoolLayout, wanted: number): boolean {
  let found = 0;
  for (let w = 0; w < layout.bitmapWords && found < wanted; w++) {
    found += bitCount(words[layout.bitmap + w]!);
  }
  return found >= wanted;
}

/** Position of a set bit of `bits`, which is not 0: the first from `from` on, else the first. */
export function nextBit(bits: number, from: number): number {
  const above = bits & (-1 << from);
  const some = above === 0 ? bits : above;
  return 31 - Math.clz32(some & -some);
}

/** Set bits of a word: summed in pairs, in fours, in bytes, then all bytes by one product. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  const bytes = (fours + (fours >>> 4)) & 0x0f0f_0f0f;
  return Math.imul(bytes, 0x0101_0101) >>> 24;
}
