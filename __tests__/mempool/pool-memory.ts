/** Domain memory with a pool in it, as control would make it, for the tests of this folder. */
import type { PoolLayout, PoolShape } from '../../lib/memory/layout.js';
import { domainLayout } from '../../lib/memory/layout.js';

export const PORTS = 4;

export interface PoolMemory {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly layout: PoolLayout;
}

/** Zeroed memory: `initPool` is left to the caller. */
export function poolMemory(shape: PoolShape): PoolMemory {
  return mapPool(shape, undefined);
}

/** Maps memory that another thread made for the same shape, or makes it. */
export function mapPool(shape: PoolShape, given: SharedArrayBuffer | undefined): PoolMemory {
  const layout = domainLayout({
    queues: 1,
    eventsLimit: 16,
    ringDepth: 16,
    cqDepths: Array.from({ length: PORTS }, () => 16),
    buffers: shape,
  });
  const memory = given ?? new SharedArrayBuffer(layout.bytes);
  return { memory, words: new Int32Array(memory), layout: layout.pool! };
}

/** Index of the buffer that a handle names. */
export function indexIn(handle: number): number {
  return handle & 0xf_ffff;
}

/** The hint of a buffer: 1 or 0. */
export function hintOf({ words, layout }: PoolMemory, index: number): number {
  return (words[layout.bitmap + (index >>> 5)]! >>> (index & 31)) & 1;
}

/** Writes a hint, right or wrong. */
export function writeHint({ words, layout }: PoolMemory, index: number, hint: 0 | 1): void {
  const at = layout.bitmap + (index >>> 5);
  const bit = 1 << (index & 31);
  words[at] = hint === 1 ? words[at]! | bit : words[at]! & ~bit;
}

/** Buffers that nobody has, by their owner words. */
export function freeCount({ words, layout }: PoolMemory): number {
  return ownedCount({ words, layout }, -1);
}

/** Buffers whose owner word names the port; -1 counts the free ones. */
export function ownedCount(
  { words, layout }: Pick<PoolMemory, 'words' | 'layout'>,
  portId: number,
): number {
  const owners = words.subarray(layout.owners, layout.owners + layout.count);
  return owners.filter((word) => (word & 0xff) === portId + 1).length;
}
