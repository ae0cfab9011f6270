/** Single jobs. */
import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, test } from '@jest/globals';
import { Submissions } from '../../lib/padata/submissions.js';
import { inverted, numbered, twoBytes, withPool } from './pools.js';

function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
}

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

test('L5: what is done is let go, however long others wait', async () => {
  const submissions = new Submissions();
  const room = new Uint8Array(8);
  const done = new WeakRef(new Uint8Array(8));
  void submissions.add(done.deref()!, 8);
  const last = submissions.add(new Uint8Array(1), 1);
  expect(submissions.fill(room)).toBe(8);
  submissions.done(room);
  expect(submissions.fill(room)).toBe(1);
  // What a WeakRef was asked for stays until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(done.deref()).toBeUndefined();
  expect(submissions.pending).toBe(true);
  submissions.done(Uint8Array.of(5));
  expect(await last).toEqual(Uint8Array.of(5));
  expect(submissions.pending).toBe(false);
});

test('W5: a job whose memory goes while it waits fails alone', async () => {
  await withPool('invert', { workers: 1, jobs: 1 }, async (pool) => {
    const gone = new Uint8Array(4);
    const all = [pool.submit(twoBytes(1)), pool.submit(gone), pool.submit(twoBytes(2))];
    structuredClone(gone, { transfer: [gone.buffer] });
    await expect(all[1]).rejects.toMatchObject({ code: 'ERR_DLB_INVALID_ARGUMENT' });
    expect(await all[0]).toEqual(inverted(twoBytes(1)));
    expect(await all[2]).toEqual(inverted(twoBytes(2)));
    await expect(pool.submit(gone)).rejects.toMatchObject({ code: 'ERR_DLB_INVALID_ARGUMENT' });
  });
});

test('S5: a stream whose submitted jobs all have their results takes a run', async () => {
  await withPool('invert', { workers: 1 }, async (pool) => {
    for (const job of numbered(20)) {
      expect(await pool.submit(job)).toEqual(inverted(job));
      expect(await pool.run([job], () => {})).toEqual({ completed: 1, failed: 0 });
    }
    await pool.submit(twoBytes(1));
    const first = pool.run(numbered(3), () => {});
    await expect(pool.run(numbered(3), () => {})).rejects.toMatchObject({
      code: 'ERR_DLB_PADATA_BUSY',
    });
    expect(await first).toEqual({ completed: 3, failed: 0 });
  });
});
