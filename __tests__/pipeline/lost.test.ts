/** Stages that nobody serves any more, and threads that are never set up: the pipeline says so. */
import { expect, test } from '@jest/globals';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type * as hanging from './modules/hanging.js';
import { collect, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Threads } from './threads.js';
import { Words } from './words.js';

const module = moduleUrl('hanging');
const LOST = { code: 'ERR_DLB_WORKERS_LOST' };

function stages(words: Words, how: hanging.Hanging['how'], schedule: 'parallel' | 'sticky') {
  const context = { words: words.memory, how };
  return [
    stage<typeof hanging.fragile>({ module, handler: 'fragile', schedule, workers: 1, context }),
    stage<typeof hanging.plain>({ module, handler: 'plain', workers: 1, context }),
  ] as const;
}

test.each([
  ['exit', 'parallel'],
  ['exit', 'sticky'],
  ['never', 'parallel'],
] as const)(
  'S7: a stage whose only seat was given up breaks the pipeline: %s, %s',
  async (how, schedule) => {
    const words = new Words();
    using threads = new Threads();
    const spec = { stages: stages(words, how, schedule), attempts: 1, setupTimeoutMs: 1500 };
    await withPipeline(spec, async (pipeline) => {
      expect(await pipeline.call(1)).toBe(1);
      words.set(0, 1);
      const waiting = [pipeline.call(0), collect(pipeline.run(numbers(3)))];
      for (const each of waiting) await expect(each).rejects.toMatchObject(LOST);
      await expect(pipeline.call(2)).rejects.toMatchObject(LOST);
      expect(words.get(1)).toBeGreaterThan(1);
      await pipeline.close();
    });
    expect(threads.present).toEqual([]);
  },
);

test.each(['never', 'spin'] as const)(
  'S7: a set-up that does not end is given up with its limit named: %s',
  async (how) => {
    const words = new Words();
    words.set(0, 1);
    using threads = new Threads();
    const spec = { stages: stages(words, how, 'parallel'), workers: 2, setupTimeoutMs: 200 };
    const error = await createPipeline(spec).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ERR_DLB_MODULE_INVALID' });
    expect((error as Error).message).toContain('setupTimeoutMs=200');
    expect(threads.present).toEqual([]);
  },
);

test('S7: close does not wait for a thread that is being set up', async () => {
  const words = new Words();
  using threads = new Threads();
  const pipeline = await createPipeline({ stages: stages(words, 'never', 'parallel'), workers: 2 });
  words.set(0, 1);
  for (const thread of threads.present.slice(-2)) await thread.terminate();
  await words.until(1, 1);
  await pipeline.close();
  expect(threads.present).toEqual([]);
});
