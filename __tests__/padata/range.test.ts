/** Ranges: the rules of padata_do_multithreaded, and what is ours: errors, aborts, deaths. */
import { expect, test } from '@jest/globals';
import type { Padata, PadataOptions } from '../../lib/padata/index.js';
import { planRange } from '../../lib/padata/chunks.js';
import type { Ranges } from './modules/ranges.js';
import { upTo } from './gates.js';
import { withPool } from './pools.js';

const SIZE = 10_000;

interface Seen {
  readonly counts: Int32Array;
  readonly notes: Int32Array;
}

async function withRanges(
  more: Partial<Ranges>,
  options: Partial<PadataOptions>,
  use: (pool: Padata, seen: Seen) => Promise<void>,
): Promise<void> {
  const counts = new SharedArrayBuffer(4 * SIZE);
  const notes = new SharedArrayBuffer(16);
  const seen = { counts: new Int32Array(counts), notes: new Int32Array(notes) };
  const context: Ranges = { counts, notes, ...more };
  await withPool('ranges', { context, ...options }, (pool) => use(pool, seen));
}

test.each([
  // size, minChunk, align, maxThreads: threads, chunk
  [1000, 100, 1, 4, 4, 100],
  [1000, 1, 1, 4, 4, 62],
  [1000, 1, 64, 4, 4, 64],
  [1000, 400, 1, 8, 2, 400],
  [1000, 400, 512, 8, 2, 512],
  [1000, 1001, 1, 8, 1, 1000],
  [1000, 1, 1, 1, 1, 1000],
  [3, 1, 1, 8, 3, 1],
])(
  'a range of %i by at least %i, aligned to %i, at most %i threads: %i threads, chunks of %i',
  (size, minChunk, align, maxThreads, threads, chunk) => {
    expect(planRange({ size, minChunk, align, maxThreads }, 1)).toMatchObject({ threads, chunk });
  },
);

test('every number of a range is worked on once, chunks begin where they may', async () => {
  await withRanges({ align: 32 }, { workers: 3 }, async (pool, { counts, notes }) => {
    const summary = await pool.range({ start: 64, size: SIZE - 100, align: 32 });
    expect(counts.every((count, i) => count === (i >= 64 && i < SIZE - 36 ? 1 : 0))).toBe(true);
    expect(summary).toMatchObject({ threads: 4, chunks: notes[0], own: notes[1] });
    // The calling thread takes part, and so does another.
    expect(notes[1]).toBeGreaterThan(0);
    expect(notes[1]).toBeLessThan(notes[0]!);
    expect(notes[3]).toBe(0);
  });
});

test('PD-23: nothing is to do in a range of 0; less than a minimal chunk is done by the caller', async () => {
  await withRanges({}, {}, async (pool, { notes }) => {
    expect(await pool.range({ size: 0 })).toEqual({ threads: 0, chunks: 0, own: 0 });
    expect(notes[0]).toBe(0);
    const small = await pool.range({ size: 50, minChunk: 100 });
    expect(small).toEqual({ threads: 1, chunks: 1, own: 1 });
    expect([...notes.subarray(0, 2)]).toEqual([1, 1]);
  });
});

test('PD-25: with fewer workers than asked for, or none, the range completes', async () => {
  await withRanges({}, { workers: 2 }, async (pool, { counts, notes }) => {
    pool.setWorkers(1);
    expect(await pool.range({ size: SIZE, maxThreads: 16 })).toMatchObject({ threads: 16 });
    expect(counts.every((count) => count === 1)).toBe(true);
    pool.setWorkers(0);
    notes.fill(0);
    await pool.range({ size: SIZE, maxThreads: 16 });
    expect(notes[1]).toBe(notes[0]);
    expect(counts.every((count) => count === 2)).toBe(true);
  });
});

test('an error names its chunk, and no other chunk is begun', async () => {
  await withRanges({ throwAt: 4000 }, {}, async (pool, { counts }) => {
    const range = pool.range({ size: SIZE, minChunk: 100 });
    await expect(range).rejects.toMatchObject({
      code: 'ERR_DLB_RANGE_FAILED',
      details: { reason: 'no 4000' },
    });
    expect(counts[SIZE - 1]).toBe(0);
    // The pool is as good as before.
    await pool.range({ size: 1000 });
    expect(counts.subarray(0, 1000).every((count) => count === 2)).toBe(true);
  });
});

test('a chunk whose thread dies is done by another', async () => {
  await withRanges({}, { workers: 2 }, async (pool, { counts, notes }) => {
    notes[2] = 1;
    await pool.range({ size: SIZE });
    expect(counts.every((count) => count === 1)).toBe(true);
    expect(pool.stats().crashes).toBe(1);
  });
});

test('an abort ends a range with its reason', async () => {
  await withRanges({}, {}, async (pool, { counts }) => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const range = pool.range({ size: SIZE, signal: controller.signal });
    controller.abort(reason);
    await expect(range).rejects.toBe(reason);
    expect(counts[SIZE - 1]).toBe(0);
    await expect(pool.range({ size: 1, signal: controller.signal })).rejects.toBe(reason);
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ size: -1 }, 'size'],
  [{ size: 1.5 }, 'size'],
  [{}, 'size'],
  [{ size: 1, minChunk: 0 }, 'minChunk'],
  [{ size: 1, align: 0 }, 'align'],
  [{ size: 1, maxThreads: 0 }, 'maxThreads'],
  [{ size: 1, start: -1 }, 'start'],
])('%j is refused by name', async (options, field) => {
  await withRanges({}, { workers: 1 }, async (pool) => {
    await expect(pool.range(options as never)).rejects.toMatchObject({
      code: 'ERR_DLB_INVALID_ARGUMENT',
      details: { field },
    });
  });
});

test('a module without a range function says so', async () => {
  await withPool('invert', { workers: 1 }, async (pool) => {
    await expect(pool.range({ size: 1 })).rejects.toMatchObject({ code: 'ERR_DLB_MODULE_INVALID' });
  });
});

test.each([1, 2, 3, 5])('U7: with at most %i threads, so many take part', async (maxThreads) => {
  const threads = new SharedArrayBuffer(1 << 18);
  await withRanges({ threads }, { workers: 4 }, async (pool, { counts }) => {
    await pool.range({ size: 500, maxThreads, minChunk: 5 });
    expect(counts.subarray(0, 500).every((count) => count === 1)).toBe(true);
    expect(new Int32Array(threads).filter((chunks) => chunks > 0)).toHaveLength(maxThreads);
  });
});

test('U7: several at a time have their own helpers, and a seat that leaves is replaced', async () => {
  await withRanges({}, { workers: 4 }, async (pool, { counts }) => {
    const ranges = upTo(8).map((i) => pool.range({ start: i * 100, size: 100, maxThreads: 2 }));
    pool.setWorkers({ parallel: [3] });
    await Promise.all(ranges);
    pool.setWorkers(4);
    expect(counts.subarray(0, 800).every((count) => count === 1)).toBe(true);
  });
});

test.each<[string, Partial<Ranges>]>([
  ['a chunk of the calling thread', { hangs: 'chunk' }],
  ['a set-up in the calling thread', { hangs: 'setup' }],
])('S9: %s that never ends does not keep a pool from closing', async (_what, more) => {
  await withRanges(more, { workers: 1 }, async (pool) => {
    const range = pool.range({ size: 100 });
    const refused = expect(range).rejects.toMatchObject({ code: 'ERR_DLB_PADATA_CLOSED' });
    // A limit that comes later holds as well.
    const closing = pool.close();
    await pool.close({ timeoutMs: 50 });
    await closing;
    await refused;
  });
});

test('S9: an abort does not wait for a module that never loads', async () => {
  await withRanges({ hangs: 'setup' }, { workers: 1 }, async (pool) => {
    const controller = new AbortController();
    const range = pool.range({ size: 100, signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(range).rejects.toThrow('changed my mind');
    await pool.close({ timeoutMs: 0 });
  });
});
