/** Values and errors on their way between threads: as `await` has it, whole, or refused by name; no job for another. */
import { expect, test } from '@jest/globals';
import type { DlbError } from '../../lib/eventdev/errors.js';
import { createPadata } from '../../lib/padata/index.js';
import type { Padata } from '../../lib/padata/index.js';
import { moduleUrl, withPool } from './pools.js';
import { THROWS } from './modules/seams.js';

const says = (words: string): Uint8Array => new TextEncoder().encode(words);

async function failureOf(pool: Padata, words: string): Promise<DlbError> {
  const failed = await pool.submit(says(words)).then(
    (result) => Promise.reject(new Error(`${words} resolved to ${String(result)}`)),
    (error: unknown) => error as DlbError,
  );
  expect(failed).toMatchObject({ code: 'ERR_DLB_JOB_FAILED' });
  return failed;
}

const GOOD = [
  'settles twice',
  'callable',
  'nested',
  'shared memory',
  'data view',
  'liar',
  'changing piece',
];

const REFUSED: [string, RegExp][] = [
  ['throwing then', /then refused/],
  ['revoked', /revoked/],
  ['detached', /detached/],
  ['out of bounds', /detached|out of bounds/],
  ['sparse pieces', /type undefined/],
  ['endless pieces', /too many pieces: length=2147483648, max=16/],
  ['a piece of text', /type string/],
  ['blob', /type Blob/],
  ['map', /type Map/],
  ['bigint', /type bigint/],
  ['true', /type boolean/],
  ['symbol', /type symbol/],
  ['buffer', /type ArrayBuffer/],
  ['function', /type function/],
  ['tag', /type Object/],
];

test.each([1, 4])(
  'W2, W5, S2: what a job may return, with a concurrency of %i',
  async (concurrency) => {
    await withPool('seams', { workers: 1, concurrency }, async (pool) => {
      for (const way of ['return', 'return later']) {
        // A promise that is resolved to another calls its `then`, where `await` does not.
        const good = way === 'return' ? [...GOOD, 'own then'] : GOOD;
        const results = await Promise.all(good.map((name) => pool.submit(says(`${way}: ${name}`))));
        expect(results).toEqual(good.map(() => Uint8Array.of(1)));
        for (const [name, reason] of REFUSED) {
          const { details } = await failureOf(pool, `${way}: ${name}`);
          expect([name, details['reason']]).toEqual([name, expect.stringMatching(reason)]);
        }
      }
      // The seat lives, and nobody got what was another's.
      const failed = 2 * REFUSED.length;
      const completed = 2 * GOOD.length + 1;
      expect(pool.stats()).toMatchObject({ crashes: 0, completed, failed, inFlight: 0 });
    });
  },
);

const WHOLE: [string, object][] = [
  ['own class', { name: 'Refused', message: 'refused', code: 'E_REFUSED', at: { line: 7 } }],
  ['dom', { name: 'TimeoutError', message: 'too late' }],
  ['aggregate', { message: 'all', errors: [{ code: 'E_REFUSED' }], cause: { message: 'why' } }],
  ['cycle', { message: 'round' }],
  ['getter', expect.any(Object)],
  ['revoked proxy', expect.any(Object)],
];

test('W4, S2, S4: what a job throws arrives whole, in jobs that have no room for it', async () => {
  await withPool('seams', { bytes: 32, workers: 1 }, async (pool) => {
    for (const way of ['throw', 'reject']) {
      for (const [name, whole] of WHOLE) {
        expect((await failureOf(pool, `${way}: ${name}`)).cause).toMatchObject(whole);
      }
      expect(Object.hasOwn(await failureOf(pool, `${way}: nothing`), 'cause')).toBe(true);
    }
    const refused = await failureOf(pool, 'throw: own class');
    expect(refused.cause).toBeInstanceOf(RangeError);
    expect((refused.cause as Error).stack).toMatch(/modules\/seams/);
    const stream = pool.stream({ serialOn: 0 });
    await expect(stream.submit(says('tell'))).rejects.toMatchObject({
      cause: { message: 'serial 0', code: 'E_REFUSED' },
    });
    pool.setWorkers({ parallel: [0] });
    const range = pool.range({ size: 100, maxThreads: 2 });
    await expect(range).rejects.toMatchObject({ cause: { code: 'E_REFUSED' } });
    expect(pool.stats().crashes).toBe(0);
  });
});

test('W4: the cause is of what failed the job, also when it had several threads of a seat', async () => {
  await withPool('serial-ends', { workers: 1 }, async (pool) => {
    const stream = pool.stream({ serialOn: 0 });
    for (const [reason, cause] of [
      ['from serial', 'from serial'],
      ['from parallel', 'from parallel'],
      ['the thread that ran the job ended without a result, 3 times', /exit/],
    ] as const) {
      await expect(stream.submit(says('x'))).rejects.toMatchObject({
        details: { reason },
        cause: { message: expect.stringMatching(cause) },
      });
    }
  });
});

test.each(WHOLE)('W4: a set-up that throws is told whole: %s', async (context, cause) => {
  const open = createPadata({ module: moduleUrl('seams'), bytes: 8, workers: 1, context });
  await expect(open).rejects.toMatchObject({ code: 'ERR_DLB_MODULE_INVALID', cause });
  expect(context in THROWS).toBe(true);
});

test('S3, L8: a thread that ends behind the function, or by an error that nobody catches', async () => {
  await withPool('seams', { attempts: 1, jobs: 64 }, async (pool) => {
    const others = (): Promise<Uint8Array>[] =>
      Array.from({ length: 20 }, () => pool.submit(says('tell')));
    for (const [name, cause] of [
      ['in a getter', expect.any(Error)],
      ['by itself', expect.objectContaining({ message: 'nobody catches' })],
    ] as const) {
      const [before, killer, after] = [others(), failureOf(pool, `die: ${name}`), others()];
      expect((await killer).cause).toEqual(cause);
      expect(await Promise.all([...before, ...after])).toHaveLength(40);
    }
    expect(pool.stats()).toMatchObject({ crashes: 2, failed: 2, completed: 80 });
  });
});

test.each(['die: in a getter', 'die: by itself', 'hang: later'])(
  'S3: beside others in the same thread, only the job that is to blame fails: %s',
  async (culprit) => {
    const options = { workers: 1, attempts: 2, concurrency: 8, timeoutMs: 200 } as const;
    await withPool('seams', { ...options, overdue: 'fail' }, async (pool) => {
      const sleepers = (): Promise<Uint8Array>[] =>
        Array.from({ length: 3 }, () => pool.submit(says('sleep: 50')));
      const [before, failed, after] = [sleepers(), failureOf(pool, culprit), sleepers()];
      await failed;
      expect(await Promise.all([...before, ...after])).toEqual(
        Array.from({ length: 6 }, () => Uint8Array.of(1)),
      );
      expect(pool.stats()).toMatchObject({ completed: 6, failed: 1, crashes: 2 });
    });
  },
);

test.each([1, 4])(
  'L6: what a function enters is met by no other, with a concurrency of %i',
  async (concurrency) => {
    await withPool('seams', { workers: 1, concurrency }, async (pool) => {
      const met = Array.from({ length: 9 }, () => pool.submit(says('context: x')));
      expect(await Promise.all(met)).toEqual(Array.from({ length: 9 }, () => Uint8Array.of(0)));
    });
  },
);
