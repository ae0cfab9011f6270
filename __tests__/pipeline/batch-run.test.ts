/** Runs that take and give arrays: what holds of items holds of them as without. */
import { expect, test } from '@jest/globals';
import { lines, records, stage } from '../../lib/pipeline/index.js';
import type * as messages from './modules/messages.js';
import type * as plain from './modules/plain.js';
import type * as texts from './modules/texts.js';
import { collect, inNumericOrder, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';
import { shared } from './shared.js';

const WINDOW = 16;
const PLAIN = moduleUrl('plain');
const double = stage<typeof plain.double>({ module: PLAIN, handler: 'double' });
const thirds = stage<typeof plain.thirds>({ module: PLAIN, handler: 'thirds' });
const several = stage<typeof plain.several>({ module: PLAIN, handler: 'several' });
const upper = stage<typeof texts.upper>({ module: moduleUrl('texts'), handler: 'upper' });
const withDouble = shared({ stages: [double] });
const withNarrow = shared({ stages: [double], window: WINDOW });

const doubled = (count: number): number[] => Array.from(numbers(count), (n) => n * 2);

/** The numbers below `count`, in arrays of these lengths, round about. */
function* cut(count: number, lengths: readonly number[]): Generator<number[]> {
  const all = [...numbers(count)];
  for (let i = 0; all.length > 0; i++) yield all.splice(0, lengths[i % lengths.length]);
}
async function* cutLater(count: number, lengths: readonly number[]): AsyncGenerator<number[]> {
  for (const some of cut(count, lengths)) {
    await turns(1);
    yield some;
  }
}

test('arrays of any length go in, and arrays of results come out, in order', async () => {
  await withDouble(async (pipeline) => {
    for (const lengths of [[1], [3, 0, 10], [7000]]) {
      for (const source of [cut(3000, lengths), cutLater(3000, lengths)]) {
        const arrays = await collect(pipeline.run(source, { batch: true }));
        expect(arrays.flat()).toEqual(doubled(3000));
        expect(Math.min(...arrays.map((some) => some.length))).toBeGreaterThan(0);
        // Far fewer than results, however they came.
        if (lengths[0] === 7000) expect(arrays.length).toBeLessThan(1500);
      }
    }
    expect(await collect(pipeline.run([], { batch: true }))).toEqual([]);
    expect(await collect(pipeline.run([[], []], { batch: true }))).toEqual([]);
    const options = { batch: true, order: 'as-completed' } as const;
    const asCompleted = await collect(pipeline.run(cut(500, [50]), options));
    expect(inNumericOrder(asCompleted.flat())).toEqual(doubled(500));
  });
});

test('items that end, and those that become many, are so one by one', async () => {
  await withPipeline({ stages: [thirds, several] }, async (pipeline) => {
    const arrays = await collect(pipeline.run(cut(300, [20]), { batch: true }));
    expect(arrays.flat()).toEqual((await collect(pipeline.run(numbers(300)))).flat());
  });
});

test('flow, priority and position are those of each item', async () => {
  const stages = [
    stage<typeof plain.whoAndWhat>({ module: PLAIN, handler: 'whoAndWhat', schedule: 'atomic' }),
  ] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const priorities: number[] = [];
    const run = pipeline.run(cut(100, [30]), {
      batch: true,
      flow: (item) => item % 10,
      priority: (item) => priorities.push(item) % 256,
      position: (item) => item,
      partition: (item) => item % 2,
    });
    const flowOf = new Map<number, number>();
    for await (const some of run) {
      for (const { item, flow } of some) {
        expect(flowOf.get(item % 10) ?? flow).toBe(flow);
        flowOf.set(item % 10, flow);
      }
    }
    expect(priorities).toEqual([...numbers(100)]);
    expect(flowOf.size).toBe(10);
    expect(run.committable()).toEqual(
      new Map([
        [0, 98],
        [1, 99],
      ]),
    );
  });
});

test('an array of results is done when the next is asked for', async () => {
  const handle = stage<typeof messages.handle>({
    module: moduleUrl('messages'),
    handler: 'handle',
  });
  await withPipeline({ stages: [handle], window: 4 }, async (pipeline) => {
    const source = [...numbers(20)].map((offset) => [{ partition: 'a', offset }]);
    const run = pipeline.run(source, { batch: true, position: ({ offset }) => offset });
    let before: number | undefined;
    for await (const some of run) {
      await turns(3);
      expect(run.committable().get(0)).toBe(before);
      before = some.at(-1)!.offset;
    }
    expect(run.committable().get(0)).toBe(19);
  });
});

test('what is let in is bounded by the window, in items; no array is asked for before there is room', async () => {
  await withNarrow(async (pipeline) => {
    const before = pipeline.stats().pushed;
    let pulled = 0;
    const source = (function* () {
      for (const some of cut(1000, [5])) {
        pulled += some.length;
        yield some;
      }
    })();
    let taken = 0;
    for await (const some of pipeline.run(source, { batch: true })) {
      taken += some.length;
      await turns(10);
      expect(pipeline.stats().pushed - before - taken).toBeLessThanOrEqual(WINDOW);
      expect(pulled - taken).toBeLessThan(WINDOW + 5);
    }
    expect({ pulled, taken }).toEqual({ pulled: 1000, taken: 1000 });
  });
});

test('there is work while the consumer has an array in its hand', async () => {
  await withPipeline({ stages: [double], window: WINDOW }, async (pipeline) => {
    const run = pipeline.run(cut(200, [200]), { batch: true });
    const { value } = (await run.next()) as { value: number[] };
    // Nobody asks, and yet a window of others is let in.
    expect(pipeline.stats().pushed).toBe(value.length + WINDOW);
    await run.return!();
  });
});

test('lines and records are sources of batches as they are', async () => {
  await withPipeline({ stages: [upper] }, async (pipeline) => {
    const text = Array.from(numbers(500), (n) => `line ${n}`).join('\n');
    const arrays = await collect(pipeline.run(lines([text]), { batch: true }));
    expect(arrays.flat()).toEqual(text.toUpperCase().split('\n'));
  });
  await withDouble(async (pipeline) => {
    const arrays = await collect(pipeline.run(records<number>(['1\n2\n3']), { batch: true }));
    expect(arrays.flat()).toEqual([2, 4, 6]);
  });
});

test('what is no array, and an option that is no flag, is refused by name', async () => {
  await withDouble(async (pipeline) => {
    for (const wrong of [[1], ['ab'], [[1], null], [new Set([1])]]) {
      let isDone = false;
      const source = (function* () {
        try {
          yield* wrong;
        } finally {
          isDone = true;
        }
      })();
      const run = pipeline.run(source as Iterable<number[]>, { batch: true });
      await expect(collect(run)).rejects.toMatchObject({
        code: 'ERR_DLB_INVALID_ARGUMENT',
        details: { field: 'source' },
      });
      await turns();
      expect(isDone).toBe(true);
    }
    expect(() => pipeline.run([[1]], { batch: 1 } as never)).toThrow(
      expect.objectContaining({ details: { field: 'batch', batch: 1 } }),
    );
  });
});

test.each(['fails', 'is left', 'is aborted by its source'])(
  'a run that %s tells the source',
  async (how) => {
    await withDouble(async (pipeline) => {
      const abort = new AbortController();
      let isDone = false;
      const source = (function* () {
        try {
          for (;;) {
            if (how === 'is aborted by its source') abort.abort(new Error('enough'));
            yield [1, how === 'fails' ? (Symbol('none') as unknown as number) : 2];
          }
        } finally {
          isDone = true;
        }
      })();
      const run = pipeline.run(source, { batch: true, signal: abort.signal });
      if (how === 'is left') for await (const _ of run) break;
      else await expect(collect(run)).rejects.toThrow();
      await turns();
      expect(isDone).toBe(true);
    });
  },
);
