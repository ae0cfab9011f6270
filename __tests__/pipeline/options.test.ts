/** Options of calls: one that is misspelled is refused by its name, and nothing is let in. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import { moduleUrl, withPipeline } from './pipelines.js';

type Echo = (item: number) => number;
type Use = (pipeline: Pipeline<number, number>, options: never) => unknown;

const USES: Record<string, Use> = {
  run: (pipeline, options) => pipeline.run([1], options),
  duplex: (pipeline, options) => pipeline.duplex(options),
  transform: (pipeline, options) => pipeline.transform(options),
  call: (pipeline, options) => pipeline.call(1, options),
  push: (pipeline, options) => pipeline.push(1, options),
  tryPush: (pipeline, options) => pipeline.tryPush(1, options),
  close: (pipeline, options) => pipeline.close(options),
};

test('S12: what a call does not know among its options is refused by name, and no object as well', async () => {
  const stages = [stage<Echo>({ module: moduleUrl('plain'), handler: 'echo' })] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    for (const [name, use] of Object.entries(USES)) {
      const refused = async (options: unknown): Promise<unknown> => {
        try {
          return await use(pipeline, options as never);
        } catch (error) {
          return (error as { details?: unknown }).details;
        }
      };
      const unknown = { field: 'sginal', sginal: 1 };
      expect({ name, details: await refused({ sginal: 1 }) }).toEqual({ name, details: unknown });
      const none = { field: 'options', options: 5 };
      expect({ name, details: await refused(5) }).toEqual({ name, details: none });
      expect({ name, details: await refused(null) }).toMatchObject({ details: { options: null } });
    }
    expect(await pipeline.call(1, { flow: 1, priority: 0 })).toBe(1);
    expect(pipeline.stats()).toMatchObject({ pushed: 1, delivered: 1 });
  });
});
