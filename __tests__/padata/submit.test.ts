/** Single jobs. */
import { expect, test } from '@jest/globals';
import { inverted, numbered, withPool } from './pools.js';

test('results of submit come in the order of the calls, each a copy', async () => {
  await withPool('invert', { jobs: 4 }, async (pool) => {
    const jobs = [...numbered(300)];
    const order: number[] = [];
    const results = await Promise.all(
      jobs.map(async (job, i) => {
        const result = await pool.submit(job);
        order.push(i);
        return result;
      }),
    );
    expect(results).toEqual(jobs.map(inverted));
    expect(order).toEqual(jobs.map((_, i) => i));
    expect(new Set(results.map(({ buffer }) => buffer)).size).toBe(jobs.length);
  });
});

test('one after the other, and together again', async () => {
  await withPool('invert', {}, async (pool) => {
    for (const job of numbered(50)) expect(await pool.submit(job)).toEqual(inverted(job));
    const jobs = [...numbered(50)];
    expect(await Promise.all(jobs.map((job) => pool.submit(job)))).toEqual(jobs.map(inverted));
    expect(pool.stats()).toMatchObject({ completed: 100, inFlight: 0 });
  });
});

test('a failed job rejects its own promise only; numbers go on counting', async () => {
  await withPool('returns', { bytes: 16 }, async (pool) => {
    const says = (words: string): Uint8Array => new TextEncoder().encode(words);
    expect(await pool.submit(says('nothing'))).toEqual(says('nothing'));
    const settled = await Promise.allSettled(
      ['nothing', 'error', 'nothing'].map((words) => pool.submit(says(words))),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({
      reason: { code: 'ERR_DLB_JOB_FAILED', details: { job: 2, reason: 'an error of the job' } },
    });
  });
});

test('a job that does not fit is refused at once', async () => {
  await withPool('invert', { bytes: 4, workers: 1 }, async (pool) => {
    await expect(pool.submit(new Uint8Array(5))).rejects.toMatchObject({
      code: 'ERR_DLB_INVALID_ARGUMENT',
      details: { field: 'length', length: 5, bytes: 4 },
    });
    await expect(pool.submit('text' as never)).rejects.toMatchObject({
      code: 'ERR_DLB_INVALID_ARGUMENT',
    });
  });
});
