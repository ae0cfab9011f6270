/** Opening: what is refused, and that nothing is left behind. */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createPadata } from '../../lib/padata/index.js';
import type { PadataOptions } from '../../lib/padata/index.js';
import { moduleUrl } from './pools.js';

const GOOD: PadataOptions = { module: moduleUrl('invert'), bytes: 64, workers: 1 };

test.each<[Record<string, unknown>, string]>([
  [{ module: undefined }, 'module'],
  [{ module: 'relative.js' }, 'module'],
  [{ module: 7 }, 'module'],
  [{ module: {} }, 'module'],
  [{ bytes: undefined }, 'bytes'],
  [{ bytes: 0 }, 'bytes'],
  [{ bytes: 1.5 }, 'bytes'],
  [{ bytes: 2 ** 28 }, 'bytes'],
  [{ bytes: '64' }, 'bytes'],
  [{ workers: 0 }, 'workers'],
  [{ workers: 64 }, 'workers'],
  [{ workers: Number.NaN }, 'workers'],
  [{ jobs: 0 }, 'jobs'],
  [{ jobs: 2 ** 20 }, 'jobs'],
  [{ attempts: 0 }, 'attempts'],
  [{ attempts: 256 }, 'attempts'],
  [{ name: 5 }, 'name'],
  [{ context: () => {} }, 'context'],
  [{ resourceLimits: 5 }, 'resourceLimits'],
  [{ resourceLimits: { stackSizeMb: 0 } }, 'resourceLimits.stackSizeMb'],
  [{ threads: 2 }, 'threads'],
  [{ onCrash: 1 }, 'onCrash'],
  [{ timeoutMs: 2 ** 31 }, 'timeoutMs'],
  [{ setupTimeoutMs: 2 ** 31 }, 'setupTimeoutMs'],
  [{ setupTimeoutMs: 0 }, 'setupTimeoutMs'],
])('%j is refused by name', async (change, field) => {
  const open = createPadata({ ...GOOD, ...change });
  await expect(open).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { field },
  });
  await expect(open).rejects.toThrow(`field=${field}`);
});

test.each([undefined, null, 'options'])('%p is no options object', async (options) => {
  await expect(createPadata(options as never)).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { field: 'options' },
  });
});

test.each<[string, unknown, RegExp]>([
  ['missing', undefined, /Cannot find module/],
  ['throws-on-load', undefined, /refused to load/],
  ['exits-on-load', undefined, /exited with code: 3/],
  ['no-function', undefined, /no function named parallel or setup/],
  ['bad-setup', 'throws', /setup refused/],
  ['bad-setup', 'returns nothing', /returned no function/],
])('a module that cannot be used is a clear error: %s', async (name, context, reason) => {
  const module = moduleUrl(name);
  const open = createPadata({ ...GOOD, module, context, workers: 2 });
  await expect(open).rejects.toMatchObject({
    code: 'ERR_DLB_MODULE_INVALID',
    details: { field: 'module', module: module.href, reason: expect.stringMatching(reason) },
  });
});

test('the module may be given as an absolute path', async () => {
  const pool = await createPadata({ ...GOOD, module: fileURLToPath(moduleUrl('invert')) });
  expect(await pool.submit(Uint8Array.of(1))).toEqual(Uint8Array.of(254));
  await pool.close();
});

test('defaults follow the size of a job', async () => {
  const small = await createPadata({ ...GOOD });
  const large = await createPadata({ ...GOOD, bytes: 4 << 20 });
  expect([small.jobs, large.jobs]).toEqual([1024, 4]);
  expect(small).toMatchObject({ name: 'padata', workers: 1, bytes: 64 });
  await Promise.all([small.close(), large.close()]);
});

/** The young generation that a thread of the pool may have, in MiB. */
async function youngOf(options: Partial<PadataOptions>): Promise<number> {
  await using pool = await createPadata({ ...GOOD, module: moduleUrl('limits'), ...options });
  return (await pool.submit(Uint8Array.of(1)))[0]!;
}

test('threads of short jobs have a small young generation, unless another is asked for', async () => {
  const [old, young] = [{ maxOldGenerationSizeMb: 64 }, { maxYoungGenerationSizeMb: 5 }];
  expect(await youngOf({ bytes: 4096 })).toBe(2);
  expect(await youngOf({ resourceLimits: old })).toBe(2);
  expect(await youngOf({ resourceLimits: young })).toBe(5);
  // Node's own, which differs between its versions.
  expect(await youngOf({ bytes: 4097 })).toBeGreaterThan(8);
});
