/**
 * Closes a ring against its producer, from the consumer's side.
 *
 * Runs on: the scheduler, when a domain stops or a port changes hands.
 * The tail moves on by one void slot, so a publish that is under way either was before the fence,
 * and its entries are counted, or fails its compare and swap, and its entries never were. There
 * is nothing in between; the producer finds out from `tryPublish` and starts anew.
 */
import { addTo } from '#words';
import type { RingLayout } from '../memory/layout.js';

/** Returns the tail before the fence: entries before it are valid. The ring goes on at the next
 *  index. */
export function fence(words: Int32Array, layout: RingLayout): number {
  // F1 → F2 (producer.ts#tryPublish): no publish that began before can succeed after this.
  return addTo(words, layout.tailAt, 1);
}
