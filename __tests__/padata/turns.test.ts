/** The event loop has its turn at least every 10 ms, however slow what runs on it is. */
import { expect, test } from '@jest/globals';
import type { Padata } from '../../lib/padata/index.js';
import { withPool } from './pools.js';

/** Of 3 ms each: with a fourth, 10 ms would be over. */
const PIECE_MS = 3;
const IN_A_ROW_MAX = 3;
const COUNT = 24;

/** Counts how many pieces of work follow each other without a turn of the event loop. */
class Row {
  most = 0;
  #now = 0;
  readonly #timer = setInterval(() => {}, 1e6);
  #over = false;

  constructor() {
    const turn = (): void => {
      this.#now = 0;
      if (!this.#over) setImmediate(turn);
    };
    setImmediate(turn);
  }

  work(): void {
    this.most = Math.max(this.most, ++this.#now);
    const until = performance.now() + PIECE_MS;
    while (performance.now() < until);
  }

  end(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }
}

const jobs = Array.from({ length: COUNT }, () => Uint8Array.of(1));

const WAYS: [string, (pool: Padata, row: Row) => Promise<unknown>][] = [
  ['a serial function', (pool, row) => pool.run(jobs, () => row.work())],
  ['an asynchronous one', (pool, row) => pool.run(jobs, async () => row.work())],
  ['one that takes pieces', (pool, row) => pool.run([Uint8Array.of(16)], () => row.work())],
  [
    'a source',
    (pool, row) =>
      pool.run(
        (function* () {
          for (const job of jobs) {
            row.work();
            yield job;
          }
        })(),
        () => {},
      ),
  ],
  [
    'an asynchronous source',
    (pool, row) =>
      pool.run(
        async (_buffer, number) => {
          row.work();
          return number < COUNT ? 1 : -1;
        },
        () => {},
      ),
  ],
];

test.each(WAYS)('U7: the submitting thread, kept busy by %s', async (_name, act) => {
  await withPool('pieces', { workers: 1, jobs: 64 }, async (pool) => {
    const row = new Row();
    try {
      await act(pool, row);
    } finally {
      row.end();
    }
    expect(row.most).toBeGreaterThan(0);
    expect(row.most).toBeLessThanOrEqual(IN_A_ROW_MAX);
  });
});

test.each([1, 32])('U7: a worker with a concurrency of %i', async (concurrency) => {
  // With a second one, 10 ms would be over.
  const options = { workers: 1, jobs: 64, concurrency, context: 7 };
  await withPool('pieces', options, async (pool) => {
    const rows: number[] = [];
    await pool.run(jobs, (row) => void rows.push(row[0]!));
    expect(rows).toEqual(jobs.map(() => 1));
  });
});
