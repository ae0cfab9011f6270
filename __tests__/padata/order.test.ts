/** Results come in the order of submission, whatever the source and however uneven the jobs. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { JobSource } from '../../lib/padata/index.js';
import { gate, inverted, numbered, twoBytes, withPool } from './pools.js';

const COUNT = 3000;

async function* asyncNumbered(count: number): AsyncGenerator<Uint8Array> {
  for (const job of numbered(count)) {
    if (job[1] === 0) await turn();
    yield job;
  }
}

function fill(buffer: Uint8Array, number: number): number {
  if (number === COUNT) return -1;
  buffer.set(twoBytes(number));
  return 2;
}

test.each<[string, () => JobSource]>([
  ['an array', () => [...numbered(COUNT)]],
  ['a generator', () => numbered(COUNT)],
  ['an async generator', () => asyncNumbered(COUNT)],
  ['a fill function', () => fill],
  ['a fill function with promises', () => async (buffer, number) => fill(buffer, number)],
])('the jobs of %s come out in order, each with its own result', async (_kind, source) => {
  await withPool('invert', {}, async (pool) => {
    const numbers: number[] = [];
    const summary = await pool.run(source(), (result, number) => {
      numbers.push(number);
      expect(result).toEqual(inverted(twoBytes(number)));
    });
    expect(numbers).toEqual(Array.from({ length: COUNT }, (_, number) => number));
    expect(summary).toEqual({ completed: COUNT, failed: 0 });
  });
});

test('jobs that overtake each other are put back in order', async () => {
  await withPool('uneven', { context: 20_000, workers: 3 }, async (pool) => {
    let next = 0;
    await pool.run(numbered(COUNT), (result, number) => {
      expect(number).toBe(next++);
      expect(Buffer.from(result).readBigUInt64BE()).toBe(BigInt(number));
    });
    expect(next).toBe(COUNT);
    expect(pool.stats().completed).toBe(COUNT);
    expect(pool.stats().reordered).toBeGreaterThan(0);
  });
});

test.each([1, 2, 3, 33])('%i jobs in flight are enough', async (jobs) => {
  await withPool('invert', { jobs }, async (pool) => {
    let next = 0;
    await pool.run(numbered(500), (result, number) => {
      expect(number).toBe(next++);
      expect(result).toEqual(inverted(twoBytes(number)));
    });
    expect(next).toBe(500);
  });
});

test('runs follow one another on one pool, each counting from 0', async () => {
  await withPool('invert', {}, async (pool) => {
    for (const count of [1, 0, 40, 2]) {
      let next = 0;
      await pool.run(numbered(count), (_result, number) => expect(number).toBe(next++));
      expect(next).toBe(count);
    }
  });
});

test('an empty source is an empty run, and jobs may be empty', async () => {
  await withPool('invert', {}, async (pool) => {
    const never = (): void => expect('a result').toBe('none');
    expect(await pool.run([], never)).toEqual({ completed: 0, failed: 0 });
    const lengths: number[] = [];
    const empty = new Uint8Array(0);
    await pool.run([empty, twoBytes(1), empty], (result) => void lengths.push(result.length));
    expect(lengths).toEqual([0, 2, 0]);
  });
});

test('a slow consumer holds back its source', async () => {
  const jobs = 8;
  await withPool('invert', { jobs }, async (pool) => {
    let fed = 0;
    let delivered = 0;
    function* counted(): Generator<Uint8Array> {
      for (const job of numbered(200)) {
        fed++;
        yield job;
      }
    }
    await pool.run(counted(), async () => {
      expect(fed - delivered).toBeLessThanOrEqual(jobs);
      await turn();
      delivered++;
    });
    expect(delivered).toBe(200);
  });
});

test('while a result is being served the source is read on, and no other result is served', async () => {
  await withPool('invert', { jobs: 4 }, async (pool) => {
    const allFed = gate();
    let serving = 0;
    function* source(): Generator<Uint8Array> {
      yield* numbered(4);
      allFed.open();
    }
    await pool.run(source(), async () => {
      expect(++serving).toBe(1);
      await turn();
      serving--;
    });
    await allFed.opened;
  });
});

test('the thread of a busy worker still turns its event loop', async () => {
  await withPool('ticking', { workers: 1, jobs: 16 }, async (pool) => {
    let ticks = 0;
    function* untilTicked(): Generator<Uint8Array> {
      while (ticks < 3) yield new Uint8Array(1);
    }
    await pool.run(untilTicked(), (result) => {
      ticks = Math.max(ticks, result[0]!);
    });
    expect(ticks).toBeGreaterThanOrEqual(3);
  });
});
