/** Calls that take longer than they may: their worker is replaced, and only they are to blame. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import { keyed, keysOutOfOrder } from './keyed.js';
import { collect, inNumericOrder, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { Threads } from './threads.js';
import { Witness } from './witness.js';

/** Long enough for every call that is not stuck, on a machine with other things to do. */
const TIMEOUT_MS = 400;
const module = moduleUrl('fragile');

test.each([
  ['die', 'spin'],
  ['dieLater', 'never'],
] as const)('a call that is stuck once is made again: %s, %s', async (handler, how) => {
  const seen = new Witness();
  using threads = new Threads((thread) => seen.markGone(thread));
  const stages = [
    stage<typeof fragile.die>({
      module,
      handler,
      schedule: 'atomic',
      flow: 'keyOf',
      timeoutMs: TIMEOUT_MS,
      context: { wrong: [0, 5003], times: 1, how, witness: seen.memory },
    }),
  ] as const;
  await withPipeline({ stages, order: 'as-completed' }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(200, 10)));
    expect(keysOutOfOrder(results)).toEqual([]);
    expect(inNumericOrder(results)).toEqual(inNumericOrder([...keyed(200, 10)]));
    expect(seen.wrong).toEqual({ shared: 0, overtaken: 0 });
    expect(pipeline.stats().crashes).toBe(2);
  });
  expect(threads.present).toEqual([]);
});

test.each([
  ['die', 'spin', 0],
  ['die', 'spin', 20],
  ['dieLater', 'never', 0],
  ['dieLater', 'never', 20],
] as const)(
  'a call that is always stuck becomes a dead letter, and nothing beside it: %s, %s, item %i',
  async (handler, how, item) => {
    const letters: DeadLetter[] = [];
    const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
    const stages = [
      stage<typeof fragile.die>({
        module,
        handler,
        timeoutMs: TIMEOUT_MS,
        context: { wrong: [item], how },
      }),
    ] as const;
    const spec = { stages, workers: 1, attempts: 2, onDeadLetter } as const;
    await withPipeline(spec, async (pipeline) => {
      const expected = [...numbers(40)].filter((each) => each !== item);
      expect(await collect(pipeline.run(numbers(40)))).toEqual(expected);
      expect(letters).toMatchObject([{ item, crashes: 2, attempts: 2 }]);
      // A time-out is no riddle: it is known at once whose it was.
      expect(pipeline.stats().crashes).toBe(2);
    });
  },
);

test('a limit of one stage is no limit of another', async () => {
  const stages = [
    stage<typeof fragile.die>({
      module,
      handler: 'die',
      timeoutMs: 200,
      context: { wrong: [] },
    }),
    stage<typeof fragile.slow>({ module, handler: 'slow', context: { wrong: [] } }),
    stage<typeof fragile.slow>({
      module,
      handler: 'slowLater',
      context: { wrong: [] },
    }),
  ] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(3)))).toEqual([0, 1, 2]);
    expect(pipeline.stats().crashes).toBe(0);
  });
});

test('S3: a call that waits is not overdue because another has the thread for long', async () => {
  const context = { wrong: [] };
  const stages = [
    stage<typeof fragile.waits>({ module, handler: 'waits', timeoutMs: 150, context }),
    stage<typeof fragile.slow>({ module, handler: 'slow', context }),
  ] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    expect(await collect(pipeline.run(numbers(3)))).toEqual([...numbers(3)]);
    expect(pipeline.stats().crashes).toBe(0);
  });
});

test('U8: what a thread had in hand when it ended itself is not held against its successor', async () => {
  const context = { wrong: [0], how: 'exit' } as const;
  const stages = [
    stage<typeof fragile.die>({ module, handler: 'die', timeoutMs: TIMEOUT_MS, context }),
  ] as const;
  await withPipeline({ stages, workers: 1, attempts: 1, onDeadLetter() {} }, async (pipeline) => {
    // No other is called, so the successor has nothing in hand.
    expect(await collect(pipeline.run([0]))).toEqual([]);
    await sleep(2 * TIMEOUT_MS);
    expect(pipeline.stats().crashes).toBe(1);
    expect(await collect(pipeline.run([1]))).toEqual([1]);
  });
});
