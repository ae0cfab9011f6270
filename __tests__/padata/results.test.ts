/** What a parallel function may return, and what becomes of what it may not. */
import { expect, test } from '@jest/globals';
import type { DlbError } from '../../lib/eventdev/errors.js';
import { withPool } from './pools.js';

const BYTES = 16;

function says(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

test('bytes, a length or nothing', async () => {
  await withPool('returns', { bytes: BYTES }, async (pool) => {
    const results: Uint8Array[] = [];
    const jobs = ['nothing', 'length', 'bytes', 'part', 'full', 'words', 'none'].map(says);
    await pool.run(jobs, (result) => void results.push(result.slice()));
    expect(results).toEqual([
      says('nothing'),
      Uint8Array.of(7, 7, 7),
      says('czuft'),
      says('ar'),
      new Uint8Array(BYTES).fill(9),
      Uint8Array.of(1, 1, 2, 2),
      new Uint8Array(0),
    ]);
  });
});

test.each([
  ['too long', /does not fit.*length=17, bytes=16/],
  ['too far', /does not fit.*length=17/],
  ['negative', /does not fit.*length=-1/],
  ['fraction', /does not fit.*length=0.5/],
  ['text', /a value of type string/],
  ['null', /a value of type null/],
  ['promise', /somebody waits for this/],
  ['error', /an error of the job/],
  ['no error', /a string/],
  ['unprintable', /no text/],
])('a job that returns or throws something else fails: %s', async (way, reason) => {
  await withPool('returns', { bytes: BYTES, workers: 1 }, async (pool) => {
    const errors: DlbError[] = [];
    const onError = (error: DlbError): void => void errors.push(error);
    const summary = await pool.run([says(way)], () => {}, { onError });
    expect(summary).toEqual({ completed: 0, failed: 1 });
    expect(errors[0]).toMatchObject({ code: 'ERR_DLB_JOB_FAILED', details: { job: 0 } });
    expect(errors[0]!.message).toMatch(reason);
    // The thread is still there.
    expect(await pool.submit(says('nothing'))).toEqual(says('nothing'));
    expect(pool.stats()).toMatchObject({ crashes: 0, workers: 1 });
  });
});

test('errors are delivered in their place among the results', async () => {
  await withPool('returns', { bytes: BYTES }, async (pool) => {
    const seen: string[] = [];
    const jobs = Array.from({ length: 300 }, (_, i) => says(i % 3 === 1 ? 'error' : 'nothing'));
    const summary = await pool.run(jobs, (_result, number) => void seen.push(`${number} done`), {
      onError: (error, number) => void seen.push(`${number} ${error.code}`),
    });
    expect(summary).toEqual({ completed: 200, failed: 100 });
    expect(seen).toEqual(
      jobs.map((_, i) => (i % 3 === 1 ? `${i} ERR_DLB_JOB_FAILED` : `${i} done`)),
    );
  });
});

test('without a taker the first failed job ends the run, and the pool goes on', async () => {
  await withPool('returns', { bytes: BYTES }, async (pool) => {
    const jobs = Array.from({ length: 100 }, (_, i) => says(i >= 20 ? 'error' : 'nothing'));
    let delivered = 0;
    const run = pool.run(jobs, () => void delivered++);
    await expect(run).rejects.toMatchObject({ code: 'ERR_DLB_JOB_FAILED', details: { job: 20 } });
    expect(delivered).toBe(20);
    expect(pool.stats().inFlight).toBe(0);
    expect(await pool.submit(says('nothing'))).toEqual(says('nothing'));
  });
});

test('a long message is cut, not lost', async () => {
  await withPool('returns', { bytes: 1 }, async (pool) => {
    // With no such way the module itself throws a TypeError, which is far longer than the job.
    await expect(pool.submit(says('x'))).rejects.toThrow(/not a function/);
  });
});
