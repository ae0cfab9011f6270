/** Threads that die: nothing is lost, nothing runs twice, and nothing goes on for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { DlbError } from '../../lib/eventdev/errors.js';
import type { Padata } from '../../lib/padata/index.js';
import type { Fragile } from './modules/fragile.js';
import type { Successors } from './modules/successors.js';
import { gate, inverted, numbered, twoBytes, withPool } from './pools.js';

const COUNT = 2000;

async function runAll(pool: Padata): Promise<Map<number, DlbError>> {
  const failures = new Map<number, DlbError>();
  let next = 0;
  await pool.run(
    numbered(COUNT),
    (result, number) => {
      expect(number).toBe(next++);
      expect(result).toEqual(inverted(twoBytes(number)));
    },
    {
      onError: (error, number) => {
        expect(number).toBe(next++);
        failures.set(number, error);
      },
    },
  );
  expect(next).toBe(COUNT);
  return failures;
}

test.each([1, 2, 4])(
  'with %i workers, jobs that end their thread once are done by another',
  async (workers) => {
    const context: Fragile = { how: 'exit', killers: [0, 700, 701, 1999], deaths: 1 };
    await withPool('fragile', { context, workers }, async (pool) => {
      expect(await runAll(pool)).toEqual(new Map());
      expect(pool.stats()).toMatchObject({ crashes: 4, inFlight: 0 });
    });
  },
);

test('a job that ends every thread fails when it has ended three', async () => {
  const context: Fragile = { how: 'exit', killers: [500, 1200], deaths: Infinity };
  await withPool('fragile', { context }, async (pool) => {
    const failures = await runAll(pool);
    expect([...failures.keys()]).toEqual([500, 1200]);
    for (const [job, error] of failures) {
      expect(error).toMatchObject({ code: 'ERR_DLB_JOB_FAILED', details: { job } });
      expect(error.message).toMatch(/the thread that ran the job ended.*3 times/);
    }
    expect(pool.stats().crashes).toBe(6);
  });
});

test('the number of attempts can be lowered to one', async () => {
  const context: Fragile = { how: 'exit', killers: [3], deaths: Infinity };
  await withPool('fragile', { context, attempts: 1 }, async (pool) => {
    expect([...(await runAll(pool)).keys()]).toEqual([3]);
    expect(pool.stats().crashes).toBe(1);
  });
});

test('a thread whose heap is full is replaced', async () => {
  const context: Fragile = { how: 'heap', killers: [1000], deaths: 1 };
  const resourceLimits = { maxOldGenerationSizeMb: 32 };
  await withPool('fragile', { context, resourceLimits }, async (pool) => {
    expect(await runAll(pool)).toEqual(new Map());
    expect(pool.stats().crashes).toBe(1);
  });
});

test('an exception outside of all jobs ends a thread, not a job', async () => {
  await withPool('late-throw', { workers: 1 }, async (pool) => {
    expect(await pool.submit(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
    // The thread dies at some time from now on; whatever it holds then is done by the next.
    let done = 0;
    while (pool.stats().crashes === 0) {
      await pool.submit(Uint8Array.of(0));
      done++;
    }
    expect(await pool.submit(Uint8Array.of(2))).toEqual(Uint8Array.of(2));
    expect(pool.stats()).toMatchObject({ completed: done + 2, failed: 0, crashes: 1 });
  });
});

test('jobs that end every thread may follow each other in any number', async () => {
  const killers = Array.from({ length: 6 }, (_, i) => i + 40);
  const context: Fragile = { how: 'exit', killers, deaths: Infinity };
  await withPool('fragile', { context, attempts: 2, workers: 1 }, async (pool) => {
    expect([...(await runAll(pool)).keys()]).toEqual(killers);
    expect(pool.stats()).toMatchObject({ crashes: 12, workers: 1 });
  });
});

test('threads that end without having done anything are given up', async () => {
  await withPool('short-lived', { workers: 2, attempts: 1 }, async (pool) => {
    // Six threads at each seat, none of which forwards a result.
    while (pool.stats().crashes < 12) await sleep(5);
    const refused = { code: 'ERR_DLB_WORKERS_LOST' };
    await expect(pool.submit(twoBytes(1))).rejects.toMatchObject(refused);
    await expect(pool.run(numbered(1), () => {})).rejects.toMatchObject(refused);
    expect(pool.stats()).toMatchObject({ workers: 0, crashes: 12 });
  });
});

test.each<[Successors['next'], object]>([
  ['exits', {}],
  // Longer than a busy machine takes to start a thread.
  ['hangs', { setupTimeoutMs: 1500 }],
])('S7: others serve a seat whose next threads never come: its set-up %s', async (next, more) => {
  const context: Successors = { words: new SharedArrayBuffer(4), first: 2, next };
  await withPool('successors', { context, attempts: 1, ...more }, async (pool) => {
    pool.setWorkers({ parallel: [0] });
    const stream = pool.stream({ serialOn: 0 });
    const killed = expect(pool.submit(Uint8Array.of(1))).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/exit code 5/) },
    });
    while (pool.stats().crashes === 0) await sleep(1);
    pool.setWorkers(2);
    await killed;
    while (stream.serialOn === 0) await sleep(5);
    const jobs = [...numbered(20)].map((job) => stream.submit(job));
    expect(await Promise.all(jobs)).toHaveLength(20);
    if (next === 'hangs') return;
    // Then the last is lost as well: whoever waits with nothing in flight is told.
    const never = gate();
    const source = async (buffer: Uint8Array, number: number): Promise<number> => {
      if (number > 0) await never.opened;
      buffer[0] = 1;
      return 1;
    };
    const run = pool.run(source, () => {}, { onError() {} });
    const lost = { code: 'ERR_DLB_WORKERS_LOST' };
    await expect(run).rejects.toMatchObject(lost);
    await expect(stream.submit(twoBytes(1))).rejects.toMatchObject(lost);
  });
});
