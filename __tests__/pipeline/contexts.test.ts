/** Asynchronous contexts that a call enters are not met by another. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as entering from './modules/entering.js';
import { collect, moduleUrl, withPipeline } from './pipelines.js';

const module = moduleUrl('entering');
const WHERES = ['handler', 'then', 'toJSON', 'key', 'later'] as const;

test.each(['handle', 'handleNow'] as const)(
  'L6: each call begins in the context of the loop: %s',
  async (handler) => {
    const stages = [
      stage<(item: entering.Entering) => { met: entering.Met }>({ module, handler, codec: 'json' }),
      stage<typeof entering.result>({
        module,
        handler: 'result',
        schedule: 'atomic',
        flow: 'keyOf',
      }),
    ] as const;
    const items = Array.from({ length: 60 }, (_, n) => {
      const where = WHERES[n % 10];
      return where === undefined ? { n } : { n, where };
    });
    await withPipeline({ stages, workers: 1 }, async (pipeline) => {
      const met = new Map<number | undefined | null, number>();
      const results = await collect(pipeline.run(items));
      for (const item of items.slice(0, 10)) results.push((await pipeline.call(item))!);
      for (const each of results.flat()) met.set(each, (met.get(each) ?? 0) + 1);
      const own = items.filter(({ where }) => where === 'later').map(({ n }) => n);
      const foreign = [...met.keys()].filter((each) => typeof each === 'number');
      // What a handler has entered holds for the rest of that handler.
      const expected = handler === 'handle' ? own : [];
      expect(foreign.filter((each) => each !== 1000).toSorted((a, b) => a - b)).toEqual(expected);
    });
  },
);
