/** Runs: sources of every kind, both orders, several at once, and no faster than they are consumed. */
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as keyedModule from './modules/keyed.js';
import type * as meeting from './modules/meeting.js';
import type * as plain from './modules/plain.js';
import { collect, inNumericOrder, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';
import { shared } from './shared.js';
import { Words } from './words.js';

const PLAIN = moduleUrl('plain');
const double = stage<typeof plain.double>({ module: PLAIN, handler: 'double' });
const uneven = stage<typeof keyedModule.pass>({ module: moduleUrl('keyed'), handler: 'pass' });
const COUNT = 5000;
const WINDOW = 16;
const withDouble = shared({ stages: [double] });
const withUneven = shared({ stages: [uneven], window: WINDOW });

async function* slowly(count: number): AsyncGenerator<number> {
  for (const number of numbers(count)) {
    if (number % 7 === 0) await turns(1);
    yield number;
  }
}

test('iterables of every kind are sources', async () => {
  await withDouble(async (pipeline) => {
    const doubled = (count: number): number[] => Array.from(numbers(count), (n) => n * 2);
    expect(await collect(pipeline.run([3, 4]))).toEqual([6, 8]);
    expect(await collect(pipeline.run([]))).toEqual([]);
    expect(await collect(pipeline.run(new Set([5, 6])))).toEqual([10, 12]);
    expect(await collect(pipeline.run(numbers(3000)))).toEqual(doubled(3000));
    expect(await collect(pipeline.run(slowly(500)))).toEqual(doubled(500));
    expect(await collect(pipeline.run(slowly(0)))).toEqual([]);
    const stream = Readable.from(numbers(100)) as AsyncIterable<number>;
    expect(await collect(pipeline.run(stream))).toEqual(doubled(100));
    // A run is a source as well.
    const twice = await collect(pipeline.run(pipeline.run(numbers(500))));
    expect(twice).toEqual(doubled(500).map((n) => n * 2));
  });
});

test('what a source gave goes on while the source takes its time', async () => {
  const words = new Words();
  const meet = stage<typeof meeting.meet>({
    module: moduleUrl('meeting'),
    handler: 'meet',
    context: words.memory,
  });
  await withPipeline({ stages: [meet] }, async (pipeline) => {
    let arrived = (): void => {};
    const results = new Promise<void>((resolve) => (arrived = resolve));
    async function* source(): AsyncGenerator<number> {
      yield 0;
      await words.until(1, 1);
      // Without it nothing comes out.
      yield 1;
      await results;
      yield 2;
    }
    const out: number[] = [];
    for await (const result of pipeline.run(source())) {
      out.push(result);
      arrived();
    }
    expect(out).toEqual([0, 1, 2]);
  });
});

test('in order, whatever overtakes whatever', async () => {
  await withPipeline({ stages: [uneven, double] }, async (pipeline) => {
    const expected = Array.from(numbers(COUNT), (n) => n * 2);
    expect(await collect(pipeline.run(numbers(COUNT)))).toEqual(expected);
    const asCompleted = await collect(pipeline.run(numbers(COUNT), { order: 'as-completed' }));
    expect(inNumericOrder(asCompleted)).toEqual(expected);
  });
});

test('several runs at once get what is theirs, in their order', async () => {
  await withUneven(async (pipeline) => {
    const runs = Array.from({ length: 5 }, (_, run) => {
      const items = Array.from(numbers(400), (n) => run * 1000 + n);
      return { items, results: collect(pipeline.run(items)) };
    });
    for (const { items, results } of runs) expect(await results).toEqual(items);
  });
});

test('a run that nobody reads does not hold back another', async () => {
  await withPipeline({ stages: [double], window: WINDOW }, async (pipeline) => {
    const unread = pipeline.run(numbers(1000));
    expect(await unread.next()).toEqual({ done: false, value: 0 });
    expect(await collect(pipeline.run(numbers(1000)))).toHaveLength(1000);
    expect(await collect(unread)).toHaveLength(999);
  });
});

test('nothing is taken from the source before the first result is asked for', async () => {
  await withDouble(async (pipeline) => {
    let pulled = 0;
    const run = pipeline.run(counted(numbers(10), () => pulled++));
    await turns();
    expect(pulled).toBe(0);
    expect(await collect(run)).toHaveLength(10);
    expect(pulled).toBe(10);
  });
});

test.each(['sync', 'async'] as const)(
  'the source is never further ahead than the window: %s',
  async (kind) => {
    await withUneven(async (pipeline) => {
      let pulled = 0;
      let taken = 0;
      let lead = 0;
      const source = counted(kind === 'sync' ? numbers(1000) : slowly(1000), () => {
        pulled++;
        lead = Math.max(lead, pulled - taken);
      });
      for await (const _ of pipeline.run(source)) {
        taken++;
        // A consumer that stops now and then, for as long as anything moves.
        if (taken % 100 === 0) await turns(50);
      }
      expect({ pulled, taken }).toEqual({ pulled: 1000, taken: 1000 });
      expect(lead).toBeLessThanOrEqual(WINDOW);
      expect(lead).toBeGreaterThan(1);
    });
  },
);

test('a run may have a narrower window of its own, in both orders', async () => {
  await withUneven(async (pipeline) => {
    for (const order of ['in-order', 'as-completed'] as const) {
      let pulled = 0;
      let taken = 0;
      let lead = 0;
      const source = counted(numbers(300), () => (lead = Math.max(lead, ++pulled - taken)));
      for await (const _ of pipeline.run(source, { order, window: 3 })) taken++;
      expect({ taken, lead }).toEqual({ taken: 300, lead: 3 });
    }
  });
});

test('results may be asked for before they are there, any number at once', async () => {
  await withDouble(async (pipeline) => {
    const run = pipeline.run(numbers(3));
    const asked = Array.from({ length: 5 }, () => run.next());
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: 0 },
      { done: false, value: 2 },
      { done: false, value: 4 },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });
});

/** Calls back for each item that is taken. */
function counted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  onItem: () => void,
): Iterable<T> | AsyncIterable<T> {
  if (Symbol.iterator in source) {
    return (function* countedOnes() {
      for (const item of source) {
        onItem();
        yield item;
      }
    })();
  }
  return (async function* countedOnes() {
    for await (const item of source) {
      onItem();
      yield item;
    }
  })();
}
