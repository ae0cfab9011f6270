/** Random pipelines: what goes in comes out, multiplied as the handlers say, in the order that is promised. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stage } from '../../lib/pipeline/index.js';
import type { Codec, OutputOrder, Schedule } from '../../lib/pipeline/index.js';
import { apply } from './modules/model.js';
import type * as model from './modules/model.js';
import { collect, moduleUrl, withPipeline } from './pipelines.js';

type Item = model.Item;

interface StageShape extends model.StageModel {
  readonly schedule: Schedule;
  readonly workers: number;
  readonly concurrency: number;
  readonly codec: Codec;
}
interface Shape {
  readonly workers: number;
  readonly window: number;
  readonly bytes: number;
  readonly largeBytes: number;
  readonly order: OutputOrder;
  readonly stages: readonly StageShape[];
  readonly items: number;
  readonly keys: number;
}

const stageShape: fc.Arbitrary<StageShape> = fc.record({
  salt: fc.nat(),
  pieces: fc.constantFrom(1, 1, 2, 3),
  pad: fc.constantFrom(0, 20, 500),
  isAsync: fc.boolean(),
  schedule: fc.constantFrom<Schedule>('parallel', 'ordered', 'atomic', 'sticky'),
  workers: fc.integer({ min: 1, max: 3 }),
  concurrency: fc.integer({ min: 1, max: 20 }),
  codec: fc.constantFrom<Codec>('auto', 'json', 'structured'),
});
const shape: fc.Arbitrary<Shape> = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  window: fc.integer({ min: 1, max: 80 }),
  bytes: fc.constantFrom(64, 256),
  largeBytes: fc.constantFrom(1, 5000, 1e6),
  order: fc.constantFrom<OutputOrder>('in-order', 'as-completed'),
  stages: fc.array(stageShape, { minLength: 1, maxLength: 3 }),
  items: fc.integer({ min: 0, max: 300 }),
  keys: fc.integer({ min: 1, max: 30 }),
});

function specOf({ stages, workers, window, bytes, largeBytes, order }: Shape) {
  const list = stages.map((one, i) =>
    stage<typeof model.act>({
      module: moduleUrl('model'),
      handler: 'act',
      name: `stage ${i}`,
      flow: 'keyOf',
      schedule: one.schedule,
      workers: Math.min(one.workers, workers),
      concurrency: one.concurrency,
      codec: one.codec,
      pieces: one.pieces,
      context: { salt: one.salt, pieces: one.pieces, pad: one.pad, isAsync: one.isAsync },
    }),
  );
  const [first, ...rest] = list;
  return { stages: [first!, ...rest] as const, workers, window, bytes, largeBytes, order };
}

function itemsOf({ items, keys }: Shape): Item[] {
  return Array.from({ length: items }, (_, i) => ({ key: i % keys, path: String(i), pad: '' }));
}

function expectedOf(one: Shape): Item[] {
  return one.stages.reduce(
    (items, each) => items.flatMap((item) => apply(each, item)),
    itemsOf(one),
  );
}

const pathsOf = (items: readonly Item[]): string[] => items.map(({ path }) => path);

function pathsByKey(items: readonly Item[]): Record<number, string[]> {
  const byKey: Record<number, string[]> = {};
  for (const { key, path } of items) (byKey[key] ??= []).push(path);
  return byKey;
}

test('what goes in comes out, in the order that is promised', async () => {
  const property = fc.asyncProperty(shape, async (one) => {
    await withPipeline(specOf(one), async (pipeline) => {
      const results = await collect(pipeline.run(itemsOf(one)));
      const expected = expectedOf(one);
      if (one.order === 'in-order') expect(results).toEqual(expected);
      const byPath = (items: readonly Item[]): Item[] =>
        items.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      expect(byPath(results)).toEqual(byPath(expected));
      // One by one, pieces of an item are delivered together; items of a key follow each other.
      const isKeyed = one.stages.every(({ schedule }) => schedule !== 'parallel');
      if (isKeyed && one.stages.every(({ pieces }) => pieces === 1)) {
        expect(pathsByKey(results)).toEqual(pathsByKey(expected));
      }
      const { pushed, delivered, inFlight, largeBytes: _, stages } = pipeline.stats();
      expect({ pushed, delivered, inFlight }).toEqual({
        pushed: one.items,
        delivered: expected.length,
        inFlight: 0,
      });
      let items = itemsOf(one);
      for (const [i, each] of one.stages.entries()) {
        expect(stages[i]).toMatchObject({ handled: items.length, errors: 0, redeliveries: 0 });
        items = items.flatMap((item) => apply(each, item));
      }
      expect(pathsOf(items)).toEqual(pathsOf(expected));
    });
  });
  await fc.assert(property, { numRuns: 7, interruptAfterTimeLimit: 45_000 });
});
