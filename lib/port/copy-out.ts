/** From a CQ into a burst. */
import { QE_WORDS } from '../eventdev/event.js';
import type { RingConsumer } from '../ring/consumer.js';

/** Copies the `count` entries from the head on into a burst. */
export function copyOut(
  { words, slots, mask, head }: RingConsumer,
  to: Int32Array,
  count: number,
): void {
  let index = head;
  for (let at = 0, end = count * QE_WORDS; at < end; at += QE_WORDS) {
    const from = slots + (index & mask) * QE_WORDS;
    to[at] = words[from]!;
    to[at + 1] = words[from + 1]!;
    to[at + 2] = words[from + 2]!;
    to[at + 3] = words[from + 3]!;
    index = (index + 1) | 0;
  }
}
