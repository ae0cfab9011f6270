/** Why threads died: in the dead letter, to onCrash, on the channel, or as a warning. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, jest, test } from '@jest/globals';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { Crash, DeadLetter } from '../../lib/pipeline/index.js';
import type * as dying from './modules/dying.js';
import { moduleUrl, withPipeline } from './pipelines.js';

const stages = [
  stage<typeof dying.die>({ module: moduleUrl('dying'), handler: 'die' }),
  stage<typeof dying.hang>({ module: moduleUrl('dying'), handler: 'hang', timeoutMs: 400 }),
] as const;

const WAYS = [
  ['throws', { name: 'TypeError', message: 'uncaught', code: 'E_OWN' }, 1],
  ['rejects', { name: 'RangeError', message: 'unhandled' }, 1],
  ['exits', { message: 'the thread ended with exit code 7' }, 7],
  ['hogs', { code: 'ERR_WORKER_OUT_OF_MEMORY' }, 1],
  ['hangs', { code: 'ERR_DLB_STAGE_FAILED', details: { stage: 'hang', timeoutMs: 400 } }, 1],
  [
    'never settles',
    { code: 'ERR_DLB_STAGE_FAILED', details: { stage: 'hang', timeoutMs: 400 } },
    1,
  ],
] as const;

test('L8: the cause of a death is in the letter, given to onCrash, and on the channel', async () => {
  const crashes: Crash[] = [];
  const onCrash = (crash: Crash): void => {
    crashes.push(crash);
    throw new Error('what onCrash throws is told, and harms nothing');
  };
  const told: Crash[] = [];
  const take = (message: unknown): void => void told.push(message as Crash);
  subscribe('softdlb:pipeline:crash', take);
  const letters: DeadLetter[] = [];
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  const resourceLimits = { maxOldGenerationSizeMb: 40 };
  const spec = { stages, workers: 1, attempts: 1, onCrash, onDeadLetter, resourceLimits } as const;
  const warnings = await warningsDuring(() =>
    withPipeline(spec, async (pipeline) => {
      // One after the other: each way has its thread to itself.
      for (const [way] of WAYS) {
        const error: unknown = await pipeline.call(way).catch((e: unknown) => e);
        expect(error).toMatchObject({ code: 'ERR_DLB_STAGE_FAILED', details: { crashes: 1 } });
      }
      expect(await pipeline.call('lives')).toBe('lives');
    }),
  );
  unsubscribe('softdlb:pipeline:crash', take);
  const causes = (list: readonly { cause?: unknown }[]): unknown[] =>
    list.map(({ cause }) => cause);
  expect(causes(letters.map(({ error }) => error))).toEqual(causes(crashes));
  expect(causes(told)).toEqual(causes(crashes));
  for (const [i, [way, expected, exitCode]] of WAYS.entries()) {
    expect({ way, ...crashes[i] }).toMatchObject({ way, worker: 0, cause: expected, exitCode });
    expect(letters[i]!.error.message).toContain((crashes[i]!.cause as Error).message);
  }
  // Of the errors that the user's code has thrown.
  for (const { cause } of crashes.slice(0, 2)) expect((cause as Error).stack).toContain('dying');
  expect(warnings).toHaveLength(WAYS.length);
  expect(warnings[0]).toContain('what onCrash throws is told');
});

test('L8: without onCrash deaths are a warning, and not one each', async () => {
  const warnings = await warningsDuring(async () => {
    await using pipeline = await createPipeline({ stages, workers: 1, attempts: 2, name: 'quiet' });
    await pipeline.call('exits').catch(() => {});
    expect(pipeline.stats().crashes).toBe(2);
  });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/worker 0 of pipeline 'quiet' .* exit code 7/);
});

async function warningsDuring(act: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(String(warning));
  });
  try {
    await act();
  } finally {
    emit.mockRestore();
  }
  return warnings;
}
