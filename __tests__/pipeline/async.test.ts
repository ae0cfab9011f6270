/** Handlers that return promises: how many at once, in order all the same. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as keyedModule from './modules/keyed.js';
import type * as meeting from './modules/meeting.js';
import { keyed, keysOutOfOrder } from './keyed.js';
import { collect, inNumericOrder, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Witness } from './witness.js';
import { Words } from './words.js';

const KEYED = moduleUrl('keyed');
const COUNT = 2000;
const KEYS_MANY = 200;

test.each([
  [1, 1],
  [1, 5],
  [2, 16],
  [2, undefined],
])(
  '%i workers have their concurrency of %p calls at once, and never more',
  async (workers, concurrency) => {
    const words = new Words();
    const crowd = stage<typeof meeting.crowd>({
      module: moduleUrl('meeting'),
      handler: 'crowd',
      context: words.memory,
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    await withPipeline({ stages: [crowd], workers, window: 256 }, async (pipeline) => {
      const results = collect(pipeline.run(numbers(300)));
      const most = workers * (concurrency ?? 16);
      await words.until(0, most);
      words.set(1, 1);
      expect(await results).toEqual([...numbers(300)]);
      expect(words.get(3)).toBe(most);
    });
  },
);

test('a stage with few calls at once does not hold back another in the same worker', async () => {
  const words = new Words();
  const MEETING = moduleUrl('meeting');
  const stages = [
    stage<typeof meeting.queueLater>({
      module: MEETING,
      handler: 'queueLater',
      concurrency: 2,
      context: words.memory,
    }),
    stage<typeof keyedModule.pass>({ module: KEYED, handler: 'pass' }),
  ] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    const first = collect(pipeline.run(numbers(50)));
    await words.until(0, 2);
    words.set(1, 1);
    expect(await first).toEqual([...numbers(50)]);
  });
});

test.each(['atomic', 'sticky'] as const)(
  'a key of a stage that is %s stays in one hand, in order, while promises are pending',
  async (schedule) => {
    const witness = new Witness();
    const stay = stage<typeof keyedModule.stay>({
      module: KEYED,
      handler: 'stay',
      schedule,
      flow: 'keyOf',
      concurrency: 64,
      context: witness.memory,
    });
    await withPipeline({ stages: [stay], order: 'as-completed' }, async (pipeline) => {
      const results = await collect(pipeline.run(keyed(COUNT, KEYS_MANY)));
      expect(witness).toMatchObject({ wrong: { shared: 0, overtaken: 0 }, calls: COUNT });
      expect(keysOutOfOrder(results)).toEqual([]);
      expect(inNumericOrder(results)).toEqual(inNumericOrder([...keyed(COUNT, KEYS_MANY)]));
    });
  },
);

test('an ordered stage keeps the order of its promises', async () => {
  const { memory: context } = new Witness();
  const stay = stage<typeof keyedModule.settle>({
    module: KEYED,
    handler: 'settle',
    schedule: 'ordered',
    concurrency: 32,
    context,
  });
  await withPipeline({ stages: [stay], order: 'as-completed' }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(COUNT)))).toEqual([...numbers(COUNT)]);
  });
});

test('ordered, atomic and ordered promises, beside handlers that return at once', async () => {
  const witness = new Witness();
  const context = witness.memory;
  const stages = [
    stage<typeof keyedModule.settle>({
      module: KEYED,
      handler: 'settle',
      schedule: 'ordered',
      context,
    }),
    stage<typeof keyedModule.stay>({
      module: KEYED,
      handler: 'stay',
      schedule: 'atomic',
      flow: 'keyOf',
      context,
    }),
    stage<typeof keyedModule.pass>({
      module: KEYED,
      handler: 'pass',
      schedule: 'ordered',
      context,
    }),
  ] as const;
  await withPipeline({ stages, order: 'as-completed', window: 300 }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(COUNT, KEYS_MANY)));
    expect(witness).toMatchObject({ wrong: { shared: 0, overtaken: 0 }, calls: COUNT });
    expect(keysOutOfOrder(results)).toEqual([]);
    expect(results).toHaveLength(COUNT);
  });
});

test('a handler may return promises for some items and results for others', async () => {
  const sometimes = stage<typeof keyedModule.sometimes>({
    module: KEYED,
    handler: 'sometimes',
    schedule: 'atomic',
    flow: 'keyOf',
    context: new Witness().memory,
  });
  await withPipeline({ stages: [sometimes], order: 'as-completed' }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(COUNT, 20)));
    expect(keysOutOfOrder(results)).toEqual([]);
    expect(results).toHaveLength(COUNT);
  });
});
