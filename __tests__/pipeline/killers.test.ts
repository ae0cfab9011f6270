/** Items that end every thread: they become dead letters, and nothing beside them does. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import { collect, inNumericOrder, moduleUrl, numbers, withPipeline } from './pipelines.js';

const module = moduleUrl('fragile');
const COUNT = 300;

function killing(handler: 'die' | 'dieLater', context: fragile.Fragile, name: string = handler) {
  return stage<typeof fragile.die>({ module, handler, context, name });
}

class Letters {
  readonly all: DeadLetter[] = [];
  readonly take = (letter: DeadLetter): void => void this.all.push(letter);
  get items(): number[] {
    return inNumericOrder(this.all.map(({ item }) => item as number));
  }
}

function without(count: number, killers: readonly number[]): number[] {
  return [...numbers(count)].filter((item) => !killers.includes(item));
}

test.each([
  ['die', 'exit', [150]],
  ['die', 'exit', [0]],
  ['die', 'exit', [40, 41]],
  ['dieLater', 'throw later', [150]],
  ['dieLater', 'exit later', [40, 41]],
] as const)('only killers are dead letters: %s, %s, %p', async (handler, how, wrong) => {
  const letters = new Letters();
  const stages = [killing(handler, { wrong, how })] as const;
  await withPipeline({ stages, onDeadLetter: letters.take }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(COUNT)))).toEqual(without(COUNT, wrong));
    expect(letters.items).toEqual(wrong);
    for (const { crashes, attempts, error, stage: name } of letters.all) {
      expect({ crashes, name }).toEqual({ crashes: 3, name: handler });
      // The first time it was one of several that may have done it.
      expect(attempts).toBeGreaterThanOrEqual(3);
      expect(error).toMatchObject({ code: 'ERR_DLB_STAGE_FAILED', details: { crashes: 3 } });
    }
    const { crashes, inFlight, stages: stats } = pipeline.stats();
    expect(crashes).toBeGreaterThanOrEqual(3 * wrong.length);
    expect({ inFlight, ...stats[0] }).toMatchObject({
      inFlight: 0,
      deadLetters: wrong.length,
      dropped: 0,
    });
  });
});

test('without anybody to take it, a killer fails its run and no other', async () => {
  const stages = [killing('die', { wrong: [15], how: 'exit' })] as const;
  await withPipeline({ stages, attempts: 2 }, async (pipeline) => {
    const other = collect(pipeline.run(numbers(10)));
    const failed = { code: 'ERR_DLB_STAGE_FAILED', details: { stage: 'die', crashes: 2 } };
    await expect(collect(pipeline.run(numbers(100)))).rejects.toMatchObject(failed);
    expect(await other).toEqual([...numbers(10)]);
    await expect(pipeline.call(15)).rejects.toMatchObject(failed);
    expect(await collect(pipeline.run(numbers(15)))).toEqual([...numbers(15)]);
  });
});

test('the number of threads that an item may end can be set', async () => {
  const letters = new Letters();
  const stages = [killing('die', { wrong: [5], how: 'exit' })] as const;
  const spec = { stages, attempts: 1, workers: 1, onDeadLetter: letters.take } as const;
  await withPipeline(spec, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(20)))).toEqual(without(20, [5]));
    expect(letters.all).toMatchObject([{ item: 5, attempts: 1, crashes: 1 }]);
    expect(pipeline.stats().crashes).toBe(1);
  });
});

test('killers of two stages, of which one has promises', async () => {
  const letters = new Letters();
  const stages = [
    killing('die', { wrong: [30], how: 'exit' }, 'first'),
    killing('dieLater', { wrong: [60], how: 'exit later' }, 'second'),
  ] as const;
  await withPipeline({ stages, attempts: 2, onDeadLetter: letters.take }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(COUNT)))).toEqual(without(COUNT, [30, 60]));
    const blamed = letters.all.map(({ item, stage: name }) => `${name} ${item as number}`);
    expect(blamed.toSorted()).toEqual(['first 30', 'second 60']);
  });
});

test('several suspects that a busy worker gets at once are all called', async () => {
  const suspects = stage<typeof fragile.syncOnceSuspected>({
    module,
    handler: 'syncOnceSuspected',
    context: { wrong: [5003] },
  });
  await withPipeline({ stages: [suspects] }, async (pipeline) => {
    // So many that come quickly that bursts grow.
    expect(await collect(pipeline.run(numbers(5000)))).toHaveLength(5000);
    const items = Array.from(numbers(20), (i) => 5000 + i);
    expect(await collect(pipeline.run(items))).toEqual(items);
    expect(pipeline.stats().crashes).toBe(1);
  });
});
