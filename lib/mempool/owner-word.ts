/**
 * The owner word of a buffer, and the handle that names one allocation of it.
 *
 *                31     30       20 19       8 7       0
 *   owner word   0      0           number     owner         owner = port id + 1, or 0: free
 *   handle       0      number      index                    fits an event's payload; -1: none
 *
 * The number goes up each time the buffer comes free. So an owner word never returns to what it
 * was before its number has come round, and a handle names one allocation, not a place.
 */
import { BUFFERS_MAX, PORTS_MAX } from '../eventdev/limits.js';
import { assert } from '../memory/assert.js';

/** What `alloc` returns when there is no buffer. */
export const NO_BUFFER = -1;
/** An empty pool starts here: soon enough before the wrap that every run crosses it, and not at 0,
 *  so that a payload of 0 or a bare index is no handle. */
export const FIRST_NUMBER = 0x7f0;

const OWNER_MASK = 0xff;
const NUMBER_SHIFT = 8;
const NUMBER_MASK = 0x7ff;
const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const HANDLE_MASK = 0x7fff_ffff;

assert(BUFFERS_MAX <= 1 << INDEX_BITS, 'a handle cannot name every buffer');
assert(PORTS_MAX <= OWNER_MASK, 'an owner word cannot name every port');

/** What a port writes into the low bits of the owner words of its buffers. */
export function ownerOf(portId: number): number {
  return portId + 1;
}

export function isFree(word: number): boolean {
  return (word & OWNER_MASK) === 0;
}

export function isOwnedBy(word: number, owner: number): boolean {
  return (word & OWNER_MASK) === owner;
}

/** The word of a free buffer whose next allocation has this number. */
export function freeWord(number: number): number {
  return (number & NUMBER_MASK) << NUMBER_SHIFT;
}

/** What the word becomes when its buffer comes free. */
export function wordAfterFree(word: number): number {
  return freeWord((word >>> NUMBER_SHIFT) + 1);
}

export function handleOf(word: number, index: number): number {
  return (((word >>> NUMBER_SHIFT) & NUMBER_MASK) << INDEX_BITS) | index;
}

/** The buffer that a handle names, or -1 for a number that is no handle of a pool this size. */
export function indexOf(handle: number, count: number): number {
  if ((handle & HANDLE_MASK) !== handle) return -1;
  const index = handle & INDEX_MASK;
  return index < count ? index : -1;
}

/** True if the buffer is allocated, and the handle names this allocation of it. */
export function isNamedBy(word: number, handle: number): boolean {
  return !isFree(word) && word >>> NUMBER_SHIFT === handle >>> INDEX_BITS;
}
