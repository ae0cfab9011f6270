/** Counts how often each number of a range was worked on, and on which threads. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, threadId } from 'node:worker_threads';

export interface Ranges {
  /** A count per number. */
  readonly counts: SharedArrayBuffer;
  /** 0: chunks, 1: of them on the main thread, 2: when not 0, the end of each thread that begins a
   *  chunk of a worker, so many times; 3: chunks that may not be cut elsewhere. */
  readonly notes: SharedArrayBuffer;
  readonly throwAt?: number;
  readonly align?: number;
  /** Counts the chunks of each thread; each takes a while, so that others could take the next. */
  readonly threads?: SharedArrayBuffer;
  /** What never ends on the main thread. */
  readonly hangs?: 'setup' | 'chunk';
}

export async function setup({ hangs }: Ranges): Promise<{ range: typeof range }> {
  if (isMainThread && hangs === 'setup') await new Promise(() => {});
  return { range };
}

function range(start: number, end: number, context: unknown): void | Promise<void> {
  const { counts, notes, throwAt = -1, align = 1, threads, hangs } = context as Ranges;
  const seen = new Int32Array(notes);
  Atomics.add(seen, 0, 1);
  if (isMainThread) Atomics.add(seen, 1, 1);
  else if (Atomics.sub(seen, 2, 1) > 0) process.exit(4);
  if (threads !== undefined) Atomics.add(new Int32Array(threads), threadId, 1);
  if (isMainThread && hangs === 'chunk') return new Promise(() => {});
  if (start % align !== 0) Atomics.add(seen, 3, 1);
  const all = new Int32Array(counts);
  for (let i = start; i < end; i++) {
    if (i === throwAt) throw new Error(`no ${i}`);
    Atomics.add(all, i, 1);
  }
  return threads === undefined ? undefined : sleep(2);
}
