/** Threads that die: what they held comes again, in order, in one hand, and nothing is lost. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import type * as counting from './modules/counting.js';
import type * as shortLived from './modules/short-lived.js';
import { keyed, keyOf, keysOutOfOrder } from './keyed.js';
import { collect, inNumericOrder, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Threads } from './threads.js';
import { Witness } from './witness.js';
import { Words } from './words.js';

const module = moduleUrl('fragile');
const COUNT = 600;
const KEYS_FEW = 20;
const WRONG = [0, 3005, 3006, 20_019, 29_000];
/** Nobody is to be found guilty here. */
const refuseLetters = (letter: DeadLetter): void => {
  throw letter.error;
};

test.each([
  ['die', 'exit', 'atomic'],
  ['die', 'exit', 'sticky'],
  ['die', 'exit', 'ordered'],
  ['die', 'heap', 'atomic'],
  ['dieLater', 'exit later', 'atomic'],
  ['dieLater', 'exit later', 'sticky'],
  ['dieLater', 'throw later', 'ordered'],
] as const)(
  'items that end their thread once are done by another: %s, %s, %s',
  async (handler, how, schedule) => {
    const seen = new Witness();
    const wrong = how === 'heap' ? WRONG.slice(0, 2) : WRONG;
    const isKeyed = schedule !== 'ordered';
    const context = { wrong, times: 1, how, ...(isKeyed ? { witness: seen.memory } : {}) };
    using threads = new Threads((thread) => seen.markGone(thread));
    const stages = [
      stage<typeof fragile.die>({ module, handler, schedule, flow: 'keyOf', context }),
    ] as const;
    const spec = {
      stages,
      order: 'as-completed',
      onDeadLetter: refuseLetters,
      ...(how === 'heap' ? { resourceLimits: { maxOldGenerationSizeMb: 32 } } : {}),
    } as const;
    await withPipeline(spec, async (pipeline) => {
      const results = await collect(pipeline.run(keyed(COUNT, KEYS_FEW)));
      expect(keysOutOfOrder(results)).toEqual([]);
      expect(inNumericOrder(results)).toEqual(inNumericOrder([...keyed(COUNT, KEYS_FEW)]));
      if (schedule === 'ordered') expect(results).toEqual([...keyed(COUNT, KEYS_FEW)]);
      expect(seen.wrong).toEqual({ shared: 0, overtaken: 0 });
      const { crashes, inFlight, stages: stats } = pipeline.stats();
      // Two of them may have been in the hand of one thread.
      expect(crashes).toBeGreaterThan(0);
      expect(crashes).toBeLessThanOrEqual(wrong.length);
      expect({ inFlight, handled: stats[0]!.handled >= COUNT }).toEqual({
        inFlight: 0,
        handled: true,
      });
      expect(stats[0]!.redeliveries).toBeGreaterThanOrEqual(crashes);
    });
    expect(threads.present).toEqual([]);
  },
);

test('threads that are terminated from outside are replaced, again and again', async () => {
  const seen = new Witness();
  using threads = new Threads((thread) => seen.markGone(thread));
  const visit = stage<typeof fragile.die>({
    module,
    handler: 'dieLater',
    schedule: 'atomic',
    flow: 'keyOf',
    context: { wrong: [], witness: seen.memory },
  });
  const who = stage<typeof counting.thread>({ module: moduleUrl('counting'), handler: 'thread' });
  // Narrower than the way from one victim to the next: who made a result has not been killed before.
  const spec = { stages: [visit, who], window: 50, onDeadLetter: refuseLetters } as const;
  await withPipeline(spec, async (pipeline) => {
    const results: number[] = [];
    const victims = new Set<number>();
    for await (const { item, thread } of pipeline.run(keyed(COUNT, KEYS_FEW))) {
      results.push(item);
      if (results.length % 100 !== 50) continue;
      victims.add(thread);
      await threads.find(thread)!.terminate();
    }
    expect(results).toEqual([...keyed(COUNT, KEYS_FEW)]);
    expect(seen.wrong).toEqual({ shared: 0, overtaken: 0 });
    expect(victims.size).toBe(COUNT / 100);
    expect(pipeline.stats()).toMatchObject({ crashes: victims.size, inFlight: 0 });
  });
});

test('large items that a dead thread has made are not taken for those of its successor', async () => {
  const dieOfBytes = stage<typeof fragile.dieOfBytes>({
    module,
    handler: 'dieOfBytes',
    workers: 1,
    context: { wrong: [10, 50], times: 1, how: 'exit' },
  });
  // Slower than the stage before it: what the dead thread made is still there.
  const describe = stage<typeof fragile.describeBytes>({
    module,
    handler: 'describeBytes',
    workers: 1,
    concurrency: 4,
    context: { wrong: [] },
  });
  await withPipeline({ stages: [dieOfBytes, describe], bytes: 64 }, async (pipeline) => {
    const items = Array.from(numbers(100), (i) => new Uint8Array(1000 + i).fill(i));
    const expected = items.map(({ length }, i) => [2 * length, i, i]);
    expect(await collect(pipeline.run(items))).toEqual(expected);
    expect(pipeline.stats()).toMatchObject({ crashes: 2, inFlight: 0 });
  });
});

test('keys of a sticky stage go on with the thread that comes for the dead one', async () => {
  const stages = [
    stage<typeof counting.count>({
      module: moduleUrl('counting'),
      handler: 'countUntil',
      schedule: 'sticky',
      flow: 'keyOf',
      context: 10_007,
    }),
  ] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(COUNT, KEYS_FEW)));
    expect(results.map(({ item }) => item)).toEqual([...keyed(COUNT, KEYS_FEW)]);
    const own = results.filter(({ item }) => keyOf(item) === 7);
    expect(new Set(own.map(({ worker }) => worker)).size).toBe(1);
    // What it had in memory is gone: it counts from 1 again.
    expect(own.filter(({ seen }) => seen === 1)).toHaveLength(2);
    expect(pipeline.stats().crashes).toBe(1);
  });
});

test('an exception outside of all calls ends a thread, not an item', async () => {
  const late = stage<typeof fragile.throwOutside>({
    module,
    handler: 'throwOutside',
    context: { wrong: [20] },
  });
  await withPipeline({ stages: [late], onDeadLetter: refuseLetters }, async (pipeline) => {
    while (pipeline.stats().crashes === 0) {
      expect(await collect(pipeline.run(numbers(100)))).toEqual([...numbers(100)]);
    }
    expect(await pipeline.call(1)).toBe(1);
  });
});

test('when no thread stays, whoever waits is told', async () => {
  const words = new Words();
  const brief = stage<typeof shortLived.brief>({
    module: moduleUrl('short-lived'),
    handler: 'brief',
    context: words.memory,
  });
  const spec = { stages: [brief], workers: 1, onDeadLetter: refuseLetters } as const;
  await withPipeline(spec, async (pipeline) => {
    const lost = { code: 'ERR_DLB_WORKERS_LOST' };
    await expect(collect(pipeline.run(numbers(10)))).rejects.toMatchObject(lost);
    await expect(pipeline.call(1)).rejects.toMatchObject(lost);
    await expect(pipeline.push(1)).rejects.toMatchObject(lost);
    expect(pipeline.stats()).toMatchObject({ workers: 0 });
  });
});
