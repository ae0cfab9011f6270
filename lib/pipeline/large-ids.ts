/**
 * Ids of large cells in events. An id has 52 bits: the low 32 are an event's low payload word, the others are in the
 * high one, above the bits of `task.ts`.
 */
import { FLAG_BITS, LARGE_BIT } from './task.js';

const LOW = 2 ** 32;

/** The high payload word of an event whose item is in this half of a large cell. */
export function highOfLarge(id: number, half: number): number {
  return (Math.floor(id / LOW) << FLAG_BITS) | LARGE_BIT | half;
}

/** The id in an event's payload. */
export function largeId(payload: number, payloadHigh: number): number {
  return (payloadHigh >>> FLAG_BITS) * LOW + (payload >>> 0);
}
