/** What each thread of threads.test.ts does with the pool. */
import type { BufferPool } from '../../lib/mempool/index.js';

/** Words of the memory that the threads share beside the pool. */
export const SHARED = { GO: 0, MAIL: 1, ROUNDS: 2, WORDS: 3 } as const;
/** MAIL while nothing is in it. */
export const EMPTY = -1;

export interface Tally {
  allocated: number;
  freed: number;
  /** Buffers that someone else wrote while we had them, or that could not be freed. */
  spoiled: number;
}

/**
 * In each round: allocates a buffer, writes its handle all over it, leaves it in the mail and frees
 * what lay there, so that most buffers are freed by another thread. In every eighth it also takes
 * two at once, and frees them itself.
 */
export function churn(pool: BufferPool, shared: Int32Array, rounds: number): Tally {
  const tally = { allocated: 0, freed: 0, spoiled: 0 };
  const pair = new Int32Array(2);
  for (let round = 1; round <= rounds; round++) {
    let handle = pool.alloc();
    while (handle === -1) handle = pool.alloc();
    tally.allocated++;
    write(pool, handle);
    const found = Atomics.exchange(shared, SHARED.MAIL, handle);
    if (found !== EMPTY) finish(pool, found, tally);
    if (round % 8 !== 0) continue;
    while (!pool.allocMany(2, pair));
    tally.allocated += 2;
    for (const one of pair) write(pool, one);
    for (const one of pair) finish(pool, one, tally);
    Atomics.store(shared, SHARED.ROUNDS, round);
  }
  return tally;
}

/** Checks that nobody wrote to the buffer since `write`, and frees it. */
export function finish(pool: BufferPool, handle: number, tally: Tally): void {
  const words = wordsOf(pool, handle);
  let isOurs = words.length > 0;
  for (const word of words) isOurs &&= word === handle;
  const isFreed = pool.free(handle);
  tally.freed++;
  if (!isOurs || !isFreed) tally.spoiled++;
}

function write(pool: BufferPool, handle: number): void {
  wordsOf(pool, handle).fill(handle);
}

function wordsOf(pool: BufferPool, handle: number): Int32Array {
  const bytes = pool.view(handle);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
