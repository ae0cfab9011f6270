/** Who works on which item, and in which order results go on. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as keyedModule from './modules/keyed.js';
import type * as meeting from './modules/meeting.js';
import type * as plain from './modules/plain.js';
import type * as counting from './modules/counting.js';
import { keyed, keyOf, keysOutOfOrder } from './keyed.js';
import { collect, inNumericOrder, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Witness } from './witness.js';
import { Words } from './words.js';

const KEYED = moduleUrl('keyed');
const MEETING = moduleUrl('meeting');
const COUNT = 3000;
const FEW_KEYS = 7;

test('a parallel stage has two items at once, in two workers', async () => {
  const { memory: context } = new Words();
  const meet = stage<typeof meeting.meet>({ module: MEETING, handler: 'meet', context });
  await withPipeline({ stages: [meet] }, async (pipeline) => {
    // Item 0 would wait for ever if item 1 came after it.
    expect(await collect(pipeline.run([0, 1, 2]))).toEqual([0, 1, 2]);
  });
});

test('results leave an ordered stage in the order of its items, though a later one is through first', async () => {
  const { memory: context } = new Words();
  const schedule = 'ordered';
  const meet = stage<typeof meeting.meet>({ module: MEETING, handler: 'meet', schedule, context });
  await withPipeline({ stages: [meet], order: 'as-completed' }, async (pipeline) => {
    expect(await collect(pipeline.run([0, 1, 2]))).toEqual([0, 1, 2]);
  });
});

test.each([1, 3])('an ordered stage keeps the whole order: %i workers', async (workers) => {
  const schedule = 'ordered';
  const pass = stage<typeof keyedModule.pass>({ module: KEYED, handler: 'pass', schedule });
  await withPipeline({ stages: [pass], workers, order: 'as-completed' }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(COUNT)))).toEqual([...numbers(COUNT)]);
  });
});

test.each(['atomic', 'sticky'] as const)(
  'a key of a stage that is %s is in one hand at a time, in order',
  async (schedule) => {
    const witness = new Witness();
    const visit = stage<typeof keyedModule.visit>({
      module: KEYED,
      handler: 'visit',
      schedule,
      flow: 'keyOf',
      context: witness.memory,
    });
    await withPipeline({ stages: [visit], order: 'as-completed' }, async (pipeline) => {
      const results = await collect(pipeline.run(keyed(COUNT, FEW_KEYS)));
      expect(witness).toMatchObject({ wrong: { shared: 0, overtaken: 0 }, calls: COUNT });
      expect(keysOutOfOrder(results)).toEqual([]);
      expect(inNumericOrder(results)).toEqual(inNumericOrder([...keyed(COUNT, FEW_KEYS)]));
    });
  },
);

test('keys stay in order through stages that are atomic, ordered, sticky and atomic', async () => {
  const schedules = ['atomic', 'ordered', 'sticky', 'atomic'] as const;
  const witnesses = schedules.map(() => new Witness());
  const [first, second, third, fourth] = schedules.map((schedule, i) =>
    stage<typeof keyedModule.visit>({
      module: KEYED,
      handler: schedule === 'ordered' ? 'pass' : 'visit',
      name: `${schedule}-${i}`,
      schedule,
      flow: 'keyOf',
      context: witnesses[i]!.memory,
    }),
  );
  const stages = [first!, second!, third!, fourth!] as const;
  await withPipeline({ stages, workers: 3, order: 'as-completed' }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(COUNT, FEW_KEYS)));
    expect(keysOutOfOrder(results)).toEqual([]);
    expect(results).toHaveLength(COUNT);
    for (const i of [0, 2, 3]) {
      const { wrong, calls } = witnesses[i]!;
      expect({ wrong, calls }).toEqual({ wrong: { shared: 0, overtaken: 0 }, calls: COUNT });
    }
  });
});

test('an atomic stage without keys takes one item at a time', async () => {
  const witness = new Witness();
  const context = witness.memory;
  const visit = stage<typeof keyedModule.visit>({
    module: KEYED,
    handler: 'visit',
    schedule: 'atomic',
    context,
  });
  await withPipeline({ stages: [visit] }, async (pipeline) => {
    await collect(pipeline.run(keyed(1000, 1)));
    expect(witness.wrong).toEqual({ shared: 0, overtaken: 0 });
  });
});

test('a key of a sticky stage stays on its worker, so handlers may keep state', async () => {
  const count = stage<typeof counting.count>({
    module: moduleUrl('counting'),
    handler: 'count',
    schedule: 'sticky',
    flow: 'keyOf',
  });
  await withPipeline({ stages: [count], workers: 3 }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(900, 30)));
    for (const key of numbers(30)) {
      const own = results.filter(({ item }) => keyOf(item) === key);
      expect(own.map(({ seen }) => seen)).toEqual(own.map((_, i) => i + 1));
      expect(new Set(own.map(({ worker }) => worker)).size).toBe(1);
    }
    expect(new Set(results.map(({ worker }) => worker)).size).toBe(3);
  });
});

test('a stage is served by no more workers than it says', async () => {
  const who = stage<typeof plain.whoAndWhat>({
    module: moduleUrl('plain'),
    handler: 'whoAndWhat',
    workers: 1,
  });
  await withPipeline({ stages: [who], workers: 3 }, async (pipeline) => {
    const seen = await collect(pipeline.run(numbers(600)));
    expect(new Set(seen.map(({ worker }) => worker)).size).toBe(1);
  });
});

test('items that are more urgent are taken first', async () => {
  const words = new Words();
  const context = words.memory;
  const handler = 'blockedByFirst';
  const stages = [
    stage<typeof meeting.blockedByFirst>({ module: MEETING, handler, context }),
  ] as const;
  const order = 'as-completed';
  await withPipeline({ stages, workers: 1, order, window: 1000 }, async (pipeline) => {
    await pipeline.push(0);
    await words.until(0, 1);
    for (let item = 1; item <= 500; item++) await pipeline.push(item, { priority: 255 });
    for (let item = 501; item <= 510; item++) await pipeline.push(item, { priority: 0 });
    pipeline.end();
    words.set(1, 1);
    const results = await collect(pipeline.results());
    const last = results.findLastIndex((item) => item > 500);
    // Before most of those that came before them; what the worker had been handed goes first.
    expect(last).toBeLessThan(250);
    expect(inNumericOrder(results)).toEqual([...numbers(511)]);
  });
});
