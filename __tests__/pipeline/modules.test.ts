/** Modules that cannot be used: the pipeline is not opened, the cause is told, and no thread is left. */
import { expect, test } from '@jest/globals';
import { DlbError } from '../../lib/eventdev/errors.js';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { StageOptions } from '../../lib/pipeline/index.js';
import { moduleUrl, withPipeline } from './pipelines.js';
import { Threads } from './threads.js';

const plain = stage({ module: moduleUrl('plain'), name: 'plain' });

async function causeOf(options: StageOptions, place: 'first' | 'last' = 'last'): Promise<unknown> {
  using threads = new Threads();
  const wrong = stage(options);
  const stages = place === 'first' ? ([wrong, plain] as const) : ([plain, wrong] as const);
  const error: unknown = await createPipeline({ stages, workers: 2 }).then(
    (pipeline) => pipeline.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DlbError);
  expect(error).toMatchObject({ code: 'ERR_DLB_MODULE_INVALID' });
  expect(threads.present).toEqual([]);
  expect((error as DlbError).message).toContain((error as { cause: Error }).cause.message);
  return (error as DlbError).cause;
}

test.each(['first', 'last'] as const)('a file that is missing, %s stage', async (place) => {
  const cause = await causeOf({ module: moduleUrl('not-there') }, place);
  expect(cause).toMatchObject({ message: expect.stringContaining('not-there.js') });
  expect(cause).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
});

test.each(['first', 'last'] as const)(
  'a module that throws when it loads, %s stage',
  async (at) => {
    const cause = await causeOf({ module: moduleUrl('throws-on-load') }, at);
    expect(cause).toMatchObject({ name: 'TypeError', message: 'refused to load' });
    expect((cause as Error).stack).toContain('throws-on-load');
    expect(cause).toMatchObject({ code: 'ERR_OF_THE_MODULE' });
  },
);

test('a module that ends its thread when it loads', async () => {
  expect(await causeOf({ module: moduleUrl('exits-on-load') })).toBeInstanceOf(Error);
});

test.each(['nothing', 'noFunction'])('an export %s that is no function', async (handler) => {
  const cause = await causeOf({ module: moduleUrl('plain'), handler });
  expect(cause).toMatchObject({ message: expect.stringContaining(handler) });
});

test.each(['first', 'last'] as const)('a key that is not exported, %s stage', async (place) => {
  const options = { module: moduleUrl('plain'), schedule: 'atomic', flow: 'nothing' } as const;
  const cause = await causeOf(options, place);
  expect(cause).toMatchObject({ message: expect.stringContaining('nothing') });
});

test.each(['at once', 'later', 'second worker'])('a setup that fails: %s', async (context) => {
  const cause = await causeOf({ module: moduleUrl('bad-setup'), context });
  expect(cause).toMatchObject({ name: 'RangeError', message: `setup refused: ${context}` });
});

test('what failed once can be opened the next time', async () => {
  await causeOf({ module: moduleUrl('throws-on-load') });
  await withPipeline({ stages: [plain] }, async (pipeline) => {
    expect(await pipeline.call('here')).toBe('here');
  });
});
