/** Items without a key, where a stage takes one of a key at a time. */
import { afterAll, beforeEach, expect, jest, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, withPipeline } from './pipelines.js';

const module = moduleUrl('plain');
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
const warnings = (): unknown[][] => emitWarning.mock.calls;

beforeEach(() => void emitWarning.mockClear());
afterAll(() => emitWarning.mockRestore());

const number = (name: string, schedule: 'parallel' | 'atomic' | 'sticky') =>
  stage<typeof plain.number>({ module, handler: 'number', name, schedule });
const keyed = (name: string) =>
  stage<typeof plain.number>({
    module,
    handler: 'number',
    name,
    schedule: 'atomic',
    flow: (item) => item,
  });

test('U6: the first item without a key is told, once for each stage that it holds up', async () => {
  const stages = [number('a', 'atomic'), number('b', 'parallel'), number('c', 'sticky')] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    await collect(pipeline.run(numbers(10), { flow: () => 0 }));
    await pipeline.call(1, { flow: 7 });
    expect(warnings()).toEqual([]);
    await collect(pipeline.run(numbers(10)));
    await pipeline.push(1);
    await pipeline.call(1);
    const options = { type: 'SoftdlbWarning', code: 'SOFTDLB_NO_FLOW' };
    expect(warnings()).toEqual([
      [expect.stringContaining("stage 'a'"), options],
      [expect.stringContaining("stage 'c'"), options],
    ]);
  });
});

test('U6: who has a key, or needs none, is not warned', async () => {
  await withPipeline({ stages: [keyed('a'), number('b', 'atomic')] }, (pipeline) =>
    collect(pipeline.run(numbers(10))),
  );
  await withPipeline({ stages: [number('a', 'parallel')] }, (pipeline) =>
    collect(pipeline.run(numbers(10))),
  );
  expect(warnings()).toEqual([]);
});
