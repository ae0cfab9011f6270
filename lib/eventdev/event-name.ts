/**
 * The name by which a completion of an independent port finds its event.
 *
 * As a rule it is `implOpaque`. A port with `wideNames` has more: `implOpaque` is the low byte, and
 * `subEventType`, which is the device's as well then, the high one.
 */
import { OPAQUE_MASK, OPAQUE_SHIFT, SUB_TYPE_MASK, SUB_TYPE_SHIFT } from './event.js';
import { OPAQUE_RANGE, OPEN_WIDE_MAX } from './limits.js';

const HIGH_SHIFT = 8;
const WIDE_MASK = (SUB_TYPE_MASK << HIGH_SHIFT) | OPAQUE_MASK;

/** How many names a port with `wideNames` has, in a domain that holds `capacity` events: twice as many as may
 *  be open, so that the next free one is never far. */
export function wideNames(capacity: number): number {
  const open = Math.min(OPEN_WIDE_MAX, Math.max(OPAQUE_RANGE, capacity));
  return 2 * 2 ** Math.ceil(Math.log2(open));
}

/** Most events that a port with so many names may have open. */
export function openMax(names: number): number {
  return names > OPAQUE_RANGE ? names / 2 : names;
}

/** What `nameAt` needs to know of a port with so many names. */
export function nameMask(names: number): number {
  return names > OPAQUE_RANGE ? WIDE_MASK : OPAQUE_MASK;
}

/** The name in the event at `at`. */
export function nameAt(words: Int32Array, at: number, mask: number): number {
  const high = (words[at]! >>> SUB_TYPE_SHIFT) & SUB_TYPE_MASK;
  return ((high << HIGH_SHIFT) | (words[at + 1]! >>> OPAQUE_SHIFT)) & mask;
}

/** Writes the name into the event at `at`. */
export function putName(words: Int32Array, at: number, mask: number, name: number): void {
  const kept = words[at + 1]! & ~(OPAQUE_MASK << OPAQUE_SHIFT);
  words[at + 1] = kept | ((name & OPAQUE_MASK) << OPAQUE_SHIFT);
  if (mask === OPAQUE_MASK) return;
  const others = words[at]! & ~(SUB_TYPE_MASK << SUB_TYPE_SHIFT);
  words[at] = others | ((name >>> HIGH_SHIFT) << SUB_TYPE_SHIFT);
}
