/** What a pool's calls refuse of their options, by name. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPadata, openPadata } from '../../lib/padata/index.js';
import { settle } from '../../lib/padata/options.js';
import type { Padata } from '../../lib/padata/index.js';
import { moduleUrl, numbered } from './pools.js';

let pool: Padata;
beforeAll(async () => {
  pool = await createPadata({ module: moduleUrl('invert'), bytes: 8, workers: 2, streams: 2 });
});
afterAll(() => pool.close());

const { signal } = new AbortController();
const GOOD = { module: moduleUrl('invert'), bytes: 8 };

const CALLS: Record<string, (options: never) => unknown> = {
  run: (options) => pool.run(numbered(1), () => {}, options),
  stream: (options) => pool.stream(options),
  range: (options) => pool.range(options),
  close: (options) => pool.close(options),
  setWorkers: (options) => pool.setWorkers(options),
  createPadata: (options) => createPadata(options),
};

const MISSPELLED: [string, object, string][] = [
  ['run', { sginal: signal }, 'sginal'],
  ['run', { signal, onerror: () => {} }, 'onerror'],
  ['stream', { serialon: 1 }, 'serialon'],
  ['stream', { name: 'a', jobs: 4 }, 'jobs'],
  ['range', { size: 8, max: 2 }, 'max'],
  ['range', { size: 8, Signal: undefined }, 'Signal'],
  ['close', { timeoutMs: 50, grace: 50 }, 'grace'],
  ['close', { timeoutMs: 50, graceMs: 50 }, 'graceMs'],
  ['close', { graceMs: -1 }, 'graceMs'],
  ['setWorkers', { paralel: [0] }, 'paralel'],
  ['setWorkers', { parallel: [0], serail: [1] }, 'serail'],
  ['createPadata', { ...GOOD, worker: 1 }, 'worker'],
  ['createPadata', { ...GOOD, timeoutMs: 5, watchdogMs: 5 }, 'watchdogMs'],
  ['createPadata', { ...GOOD, watchdogMs: 0 }, 'watchdogMs'],
];
const NO_OPTIONS = [null, 'options', 7n, () => {}, [], [0], new Set([0]), signal, new Date()];

async function expectRefused(call: string, options: unknown, field: string): Promise<void> {
  const before = [pool.stats(), pool.workerSets];
  await expect((async () => CALLS[call]!(options as never))()).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { field },
  });
  expect([pool.stats(), pool.workerSets]).toEqual(before);
}

test.each(MISSPELLED)('S12: %s with %p is refused by name, and nothing changes', expectRefused);

test.each(Object.keys(CALLS))('S12: %s refuses what is no object of options', async (call) => {
  const field = call === 'setWorkers' ? 'workers' : 'options';
  for (const options of NO_OPTIONS) await expectRefused(call, options, field);
});

test('older names mean what they meant', async () => {
  expect(openPadata).toBe(createPadata);
  expect(settle({ ...GOOD, watchdogMs: 7 }).timeoutMs).toBe(7);
  const other = await openPadata({ ...GOOD, workers: 1 });
  await other.close({ graceMs: 10_000 });
  expect(other.stats().workers).toBe(0);
});
