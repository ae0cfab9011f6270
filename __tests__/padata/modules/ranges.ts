/** Counts how often each number of a range was worked on, and on which threads. */
import { isMainThread } from 'node:worker_threads';

export interface Ranges {
  /** A count per number. */
  readonly counts: SharedArrayBuffer;
  /** 0: chunks, 1: of them on the main thread, 2: when not 0, the end of each thread that begins a
   *  chunk of a worker, so many times; 3: chunks that may not be cut elsewhere. */
  readonly notes: SharedArrayBuffer;
  readonly throwAt?: number;
  readonly align?: number;
}

export function range(start: number, end: number, context: unknown): void {
  const { counts, notes, throwAt = -1, align = 1 } = context as Ranges;
  const seen = new Int32Array(notes);
  Atomics.add(seen, 0, 1);
  if (isMainThread) Atomics.add(seen, 1, 1);
  else if (Atomics.sub(seen, 2, 1) > 0) process.exit(4);
  if (start % align !== 0) Atomics.add(seen, 3, 1);
  const all = new Int32Array(counts);
  for (let i = start; i < end; i++) {
    if (i === throwAt) throw new Error(`no ${i}`);
    Atomics.add(all, i, 1);
  }
}
