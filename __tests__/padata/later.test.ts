/** Parallel functions that return promises, and results that are none or several. */
import { expect, test } from '@jest/globals';
import { DO, job, jobs, upTo, withGates } from './gates.js';

test.each([1, 4])(
  'PD-06: with concurrency %i, jobs that complete later keep their order',
  async (concurrency) => {
    await withGates({ workers: 2, concurrency }, async (pool, gates) => {
      const order: number[] = [];
      const source = upTo(60).map((i) => job(i % 3 === 0 ? DO.LATER : DO.TELL, 1));
      const run = pool.run(source, (_result, number) => void order.push(number));
      await gates.atGate(1);
      expect(order).toEqual([]);
      gates.open(1);
      await run;
      expect(order).toEqual(upTo(60));
    });
  },
);

test('PD-06: one worker has as many jobs in hand as concurrency says, and they end in any order', async () => {
  await withGates({ workers: 1, concurrency: 4, streams: 2 }, async (pool, gates) => {
    const other = pool.stream();
    const waiting = upTo(3).map(() => pool.submit(job(DO.LATER, 1)));
    await gates.atGate(3);
    // The fourth place serves another stream meanwhile.
    for (let i = 0; i < 10; i++) await other.submit(job(DO.TELL));
    const more = upTo(8).map(() => other.submit(job(DO.LATER, 2)));
    await gates.atGate(4);
    gates.open(2);
    await Promise.all(more);
    expect(pool.stats()).toMatchObject({ inFlight: 3, completed: 18 });
    gates.open(1);
    await Promise.all(waiting);
  });
});

test('PD-06, PD-08: what a promise rejects with is the error of its job, in its place', async () => {
  for (const concurrency of [1, 3]) {
    await withGates({ concurrency }, async (pool) => {
      const seen: string[] = [];
      await pool.run(
        upTo(30).map((i) => job(i % 4 === 1 ? DO.REJECT : DO.TELL)),
        (_r, number) => void seen.push(`${number}`),
        {
          onError: ({ details }, number) =>
            void seen.push(`${number} ${String(details['reason'])}`),
        },
      );
      expect(seen).toEqual(upTo(30).map((i) => (i % 4 === 1 ? `${i} a job rejected` : `${i}`)));
    });
  }
});

test.each([
  ['one of 4 places of a worker', 1, 4, 1],
  ['all places of one of two workers', 2, 1, 1],
  ['all places but one', 2, 2, 3],
] as const)(
  'S1: jobs that do not end take %s, and no job of another stream',
  async (_, workers, concurrency, waiting) => {
    await withGates({ workers, concurrency, streams: 2, jobs: 512 }, async (pool, gates) => {
      const other = pool.stream();
      const held = upTo(waiting).map(() => pool.submit(job(DO.LATER, 1)));
      await gates.atGate(waiting);
      let done = 0;
      for (let round = 0; round < 2; round++) await other.run(jobs(700), () => void done++);
      expect(done).toBe(1400);
      gates.open(1);
      await Promise.all(held);
    });
  },
);

test('with concurrency, a thread that dies loses nothing', async () => {
  await withGates({ workers: 2, concurrency: 4, attempts: 6 }, async (pool) => {
    const order: number[] = [];
    const source = upTo(200).map((i) => job(i === 60 || i === 120 ? DO.EXIT : DO.TELL, 1));
    await pool.run(source, (_result, number) => void order.push(number));
    expect(order).toEqual(upTo(200));
    expect(pool.stats().crashes).toBeGreaterThanOrEqual(2);
  });
});

test('PD-26: a job without a result is passed over, its successors are not', async () => {
  await withGates({}, async (pool) => {
    const order: number[] = [];
    const source = upTo(100).map((i) => job(i % 5 === 2 ? DO.NONE : DO.TELL));
    const summary = await pool.run(source, (_result, number) => void order.push(number));
    expect(order).toEqual(upTo(100).filter((i) => i % 5 !== 2));
    expect(summary).toEqual({ completed: 100, failed: 0 });
    expect(await pool.submit(job(DO.NONE))).toEqual(new Uint8Array(0));
  });
});

test('PD-26: the pieces of a job are contiguous and in order, up to 16 of them', async () => {
  await withGates({}, async (pool) => {
    const seen: number[][] = [];
    const source = [3, 0, 16, 1].map((count) => job(DO.PIECES, count));
    await pool.run([...source, ...jobs(1)], async (result, number, piece) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (number < 4) expect([...result]).toEqual([number, piece]);
      seen.push([number, piece]);
    });
    const expected = [3, 0, 16, 1].flatMap((count, number) => upTo(count).map((i) => [number, i]));
    expect(seen).toEqual([...expected, [4, 0]]);
    expect([...(await pool.submit(job(DO.PIECES, 2)))]).toEqual([0, 0, 0, 1]);
    await expect(pool.submit(job(DO.PIECES, 17))).rejects.toThrow(/too many pieces.*length=17/);
  });
});
