/** What a stage makes of the bytes that it was given, by every codec, and of its context when threads end. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Codec, Pipeline } from '../../lib/pipeline/index.js';
import { collect, moduleUrl, withPipeline } from './pipelines.js';

const module = moduleUrl('values');

/** Class and bytes of each result; what a JSON of it says. */
function shown(result: unknown): unknown {
  if (result instanceof Error) return 'refused';
  if (!ArrayBuffer.isView(result)) return JSON.stringify(result);
  return [Buffer.isBuffer(result) ? 'Buffer' : 'Uint8Array', ...(result as Uint8Array)];
}

/** What comes of the item with each way to return it. */
async function resultsOf(pipeline: Pipeline, item: Uint8Array): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const first of [0, 1, 2, 3]) {
    item[0] = first;
    const results = await collect(pipeline.run([item])).catch((error: unknown) => [error]);
    all.push(...results.map(shown));
  }
  return all;
}

const EXPECTED: Readonly<Record<string, (name: string) => unknown[]>> = {
  auto: (name) => [
    [name, 0, 5],
    [name, 5],
    [name, 2, 5],
    [name, 2],
    [name, 3, 5],
  ],
  string: () => Array.from({ length: 4 }, () => 'refused'),
  json: (name) =>
    [[0, 5], [5], [2, 5], [2], [3, 5]].map((data) =>
      JSON.stringify(name === 'Buffer' ? { type: name, data } : Object.fromEntries(data.entries())),
    ),
};

test.each([false, true])(
  "W5, W3: a stage's codec and the item's class hold for the bytes that it was given, debug: %p",
  async (debug) => {
    for (const [codec, expected] of Object.entries(EXPECTED)) {
      const stages = [stage({ module, handler: 'partsOf', codec: codec as Codec })] as const;
      await withPipeline({ stages, workers: 1, debug }, async (pipeline) => {
        for (const bytes of [Uint8Array.of(0, 5), Buffer.from([0, 5])]) {
          const name = Buffer.isBuffer(bytes) ? 'Buffer' : 'Uint8Array';
          const results = await resultsOf(pipeline, bytes);
          expect({ codec, name, results }).toEqual({ codec, name, results: expected(name) });
        }
      });
    }
  },
);

test('W5: a thread that comes later is set up with what the first was', async () => {
  const context: Record<string, unknown> = { list: [1] };
  const stages = [stage({ module, handler: 'contextOr', context })] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    Object.assign(context, { list: [2], more: () => 1 });
    expect(await pipeline.call('tell')).toEqual({ list: [1] });
    expect(await pipeline.call('end')).toEqual({ list: [1] });
  });
});
