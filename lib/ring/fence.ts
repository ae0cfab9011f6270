/**
 * Closes a ring against its producer, from the consumer's side.
 *
 * Runs on: the scheduler, when a domain stops or a port changes hands.
 * The tail moves on, so a publish that is under way either was before the fence, and its entries are
 * counted, or fails its compare and swap, and its entries never were. There is nothing in between; the
 * producer finds out from `tryPublish` and starts anew.
 *
 * It moves by more than any ring is deep: so whoever finds the ring of a scheduler that died can tell
 * from the tail alone how many entries there are and how often it was fenced since. And by an odd
 * number, so that a thread would have to sleep through 2^32 fences to find the tail as it left it.
 */
import { addTo } from '#words';
import type { RingLayout } from '../memory/layout.js';

/** How far a fence moves the tail. */
export const FENCE_STEP = (1 << 24) + 1;

/** Returns the tail before the fence: entries before it are valid. The ring goes on FENCE_STEP
 *  further. */
export function fence(words: Int32Array, layout: RingLayout): number {
  // F1 → F2 (producer.ts#tryPublish): no publish that began before can succeed after this.
  return addTo(words, layout.tailAt, FENCE_STEP);
}

/** How many entries there are from `head` to `tail`, of a ring that may have been fenced in between by a
 *  consumer that did not come to move its head. */
export function entriesBetween(head: number, tail: number): number {
  return ((tail - head) >>> 0) % FENCE_STEP;
}
