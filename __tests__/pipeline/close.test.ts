/** The end of a pipeline: what is in flight is finished, or given up when its time is over. */
import { expect, test } from '@jest/globals';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { Crash } from '../../lib/index.js';
import type * as fragile from './modules/fragile.js';
import type * as meeting from './modules/meeting.js';
import type * as plain from './modules/plain.js';
import type * as countedSetup from './modules/counted-setup.js';
import { collect, gate, inNumericOrder, moduleUrl, numbers, turns } from './pipelines.js';
import { Threads } from './threads.js';
import { Words } from './words.js';

const number = stage<typeof plain.number>({ module: moduleUrl('plain'), handler: 'number' });
const CLOSED = { code: 'ERR_DLB_PIPELINE_CLOSED' };

function blocked(words: Words) {
  return stage<typeof meeting.queue>({
    module: moduleUrl('meeting'),
    handler: 'queue',
    context: words.memory,
  });
}

test('close finishes what is in flight, and takes nothing more', async () => {
  using threads = new Threads();
  const words = new Words();
  const pipeline = await createPipeline({ stages: [blocked(words), number], workers: 2 });
  const calls = [1, 2, 3].map((item) => pipeline.call(item));
  await pipeline.push(4);
  const run = collect(pipeline.run([5, 6]));
  await words.until(0, 1);
  let isClosed = false;
  const closed = pipeline.close().then(() => (isClosed = true));
  await expect(pipeline.call(7)).rejects.toMatchObject(CLOSED);
  await expect(pipeline.push(7)).rejects.toMatchObject(CLOSED);
  expect(() => pipeline.tryPush(7)).toThrow(/closed/);
  await expect((async () => collect(pipeline.run([7])))()).rejects.toMatchObject(CLOSED);
  await turns();
  expect(isClosed).toBe(false);
  words.set(1, 1);
  await closed;
  expect(await Promise.all(calls)).toEqual([1, 2, 3]);
  // Its source had ended.
  expect(await run).toEqual([5, 6]);
  expect(threads.present).toEqual([]);
  // Once is enough.
  await pipeline.close();
  await pipeline[Symbol.asyncDispose]();
});

test('a run whose source has not ended gets what was let in, then the reason', async () => {
  const pipeline = await createPipeline({ stages: [number], workers: 1 });
  const source = (async function* () {
    yield* numbers(5);
    await new Promise(() => {});
  })();
  const results: number[] = [];
  const run = (async () => {
    for await (const result of pipeline.run(source)) results.push(result);
  })();
  const rejected = expect(run).rejects.toMatchObject(CLOSED);
  while (results.length < 5) await turns(1);
  await pipeline.close();
  await rejected;
  expect(results).toEqual([0, 1, 2, 3, 4]);
});

test('an endless run ends with the reason, and its source is told', async () => {
  const pipeline = await createPipeline({ stages: [number], workers: 2 });
  let isTold = false;
  const endless = (function* () {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      isTold = true;
    }
  })();
  let next = 0;
  const run = (async () => {
    for await (const result of pipeline.run(endless)) expect(result).toBe(next++);
  })();
  const rejected = expect(run).rejects.toMatchObject(CLOSED);
  while (next < 100) await turns(1);
  await pipeline.close();
  await rejected;
  await turns();
  expect(isTold).toBe(true);
});

test.each(['sync', 'async'] as const)(
  'when the time is over, a call that is stuck is given up: %s',
  async (kind) => {
    using threads = new Threads();
    const stuck = stage<typeof fragile.die>({
      module: moduleUrl('fragile'),
      handler: kind === 'sync' ? 'die' : 'dieLater',
      context: { wrong: [5], how: kind === 'sync' ? 'spin' : 'never' },
    });
    const pipeline = await createPipeline({ stages: [stuck], workers: 2 });
    const run = collect(pipeline.run(numbers(10)));
    const call = pipeline.call(5);
    const pushed = pipeline.push(5);
    const drained = pipeline.drained();
    const pending = [run, call, drained].map((each) => expect(each).rejects.toMatchObject(CLOSED));
    await pushed;
    await pipeline.close({ timeoutMs: 50 });
    await Promise.all(pending);
    await expect(collect(pipeline.results())).rejects.toMatchObject(CLOSED);
    expect(threads.present).toEqual([]);
  },
);

test('calls and pushes that wait for room are finished or rejected, none is forgotten', async () => {
  const words = new Words();
  const pipeline = await createPipeline({ stages: [blocked(words)], workers: 1, window: 2 });
  const waiting = [...numbers(6)].map((item) => pipeline.call(item));
  const pushes = [...numbers(6)].map((item) => pipeline.push(item));
  const settled = Promise.allSettled([...waiting, ...pushes]);
  await words.until(0, 1);
  const closed = pipeline.close();
  words.set(1, 1);
  await closed;
  for (const outcome of await settled) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(CLOSED);
  }
});

test('results that wait can be taken after the close', async () => {
  const pipeline = await createPipeline({ stages: [number], workers: 1 });
  for (const item of numbers(5)) await pipeline.push(item);
  pipeline.end();
  await pipeline.close();
  expect(await collect(pipeline.results())).toEqual([0, 1, 2, 3, 4]);
});

test('close waits for dead letters that are being taken', async () => {
  const taken = gate();
  const began = gate();
  const failing = stage<typeof fragile.fail>({
    module: moduleUrl('fragile'),
    handler: 'fail',
    onError: 'dead-letter',
    context: { wrong: [1] },
  });
  const onDeadLetter = (): Promise<void> => {
    began.open();
    return taken.opened;
  };
  const pipeline = await createPipeline({ stages: [failing], workers: 1, onDeadLetter });
  const run = collect(pipeline.run(numbers(3)));
  await began.opened;
  let isClosed = false;
  const closed = pipeline.close().then(() => (isClosed = true));
  await turns();
  expect(isClosed).toBe(false);
  taken.open();
  await closed;
  expect(await run).toEqual([0, 2]);
});

test('a teardown that fails does not keep the pipeline from its end', async () => {
  using threads = new Threads();
  const module = moduleUrl('bad-teardown');
  const pipeline = await createPipeline({ stages: [stage({ module })], workers: 2 });
  expect(await pipeline.call(1)).toBe(1);
  // Whether the failure is told here is not said; that it ends is.
  await Promise.allSettled([pipeline.close()]);
  expect(threads.present).toEqual([]);
});

test('L8: a thread that ends in its teardown is told of, and keeps nothing from its end', async () => {
  using threads = new Threads();
  const told: unknown[] = [];
  const onCrash = ({ cause }: Crash): void => void told.push((cause as Error).message);
  const stages = [stage({ module: moduleUrl('dying-teardown') })] as const;
  const pipeline = await createPipeline({ stages, workers: 1, onCrash });
  expect(await pipeline.call(1)).toBe(1);
  await pipeline.close();
  expect(told).toEqual(['flush failed']);
  expect(pipeline.stats()).toMatchObject({ crashes: 1, inFlight: 0 });
  expect(threads.present).toEqual([]);
});

test('every worker sets up each stage that it serves once, and tears it down once', async () => {
  const words = new Words();
  const context = words.memory;
  const module = moduleUrl('counted-setup');
  const stages = [
    stage<typeof countedSetup.first>({ module, handler: 'first', context }),
    stage<typeof countedSetup.second>({ module, handler: 'second', workers: 1, context }),
  ] as const;
  const pipeline = await createPipeline({ stages, workers: 3 });
  // Words 10 to 12 and 20 to 22: set-ups of the first and of the second stage by worker.
  const counts = (from: number): number[] => [0, 1, 2].map((worker) => words.get(from + worker));
  expect(counts(10)).toEqual([1, 1, 1]);
  expect(inNumericOrder(counts(20))).toEqual([0, 0, 1]);
  expect([...counts(30), ...counts(40)]).toEqual([0, 0, 0, 0, 0, 0]);
  // It throws if its set-up was not awaited.
  expect(await collect(pipeline.run(numbers(500)))).toEqual([...numbers(500)]);
  await pipeline.close();
  // Teardowns were awaited as well.
  expect(counts(30)).toEqual([1, 1, 1]);
  expect(counts(40)).toEqual(counts(20));
});

test('U5: results end with the last one when the pipeline is closed, read before it or behind', async () => {
  for (const isRead of [true, false]) {
    const pipeline = await createPipeline({ stages: [number], workers: 1 });
    const reading = isRead ? collect(pipeline.results()) : undefined;
    for (const item of numbers(5)) await pipeline.push(item);
    await pipeline.close();
    expect(await (reading ?? collect(pipeline.results()))).toEqual([0, 1, 2, 3, 4]);
    await expect(pipeline.push(5)).rejects.toMatchObject(CLOSED);
    await pipeline.drained();
  }
});

test('U5: pushes that wait at end go in, new ones do not; those that wait at close are told', async () => {
  const pipeline = await createPipeline({ stages: [number], workers: 1, window: 2 });
  const pushes = [...numbers(6)].map((item) => pipeline.push(item));
  pipeline.end();
  await expect(pipeline.push(6)).rejects.toThrow(/after end/);
  expect(() => pipeline.tryPush(6)).toThrow(/after end/);
  expect(await collect(pipeline.results())).toEqual([...numbers(6)]);
  await Promise.all(pushes);
  await pipeline.close();

  const other = await createPipeline({ stages: [number], workers: 1, window: 2 });
  const waiting = [...numbers(4)].map((item) => other.push(item));
  other.end();
  const settled = Promise.allSettled(waiting);
  await other.close();
  const states = (await settled).map(({ status }) => status);
  expect(states).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  expect(await collect(other.results())).toEqual([0, 1]);
});

test('S5: the writer of a transform learns that the pipeline closes, though nobody reads', async () => {
  const pipeline = await createPipeline({ stages: [number], workers: 1 });
  const { readable, writable } = pipeline.transform();
  const writer = writable.getWriter();
  await writer.write(1);
  const told = expect(writer.closed).rejects.toMatchObject(CLOSED);
  await pipeline.close();
  await told;
  const reader = readable.getReader();
  expect(await reader.read()).toEqual({ done: false, value: 1 });
  await expect(reader.read()).rejects.toMatchObject(CLOSED);
});

test('U5: of several limits of close the shortest counts, whenever it is given', async () => {
  const stuck = stage<typeof fragile.die>({
    module: moduleUrl('fragile'),
    handler: 'dieLater',
    context: { wrong: [5], how: 'never' },
  });
  for (const limits of [
    [undefined, 20],
    [100_000, 20],
    [20, 100_000],
  ]) {
    const pipeline = await createPipeline({ stages: [stuck], workers: 1 });
    const rejected = expect(pipeline.call(5)).rejects.toMatchObject(CLOSED);
    const closes = limits.map((timeoutMs) =>
      pipeline.close(timeoutMs === undefined ? {} : { timeoutMs }),
    );
    await Promise.all([rejected, ...closes]);
  }
});

test('S12: a limit that no timer could keep is refused, and closes nothing', async () => {
  const pipeline = await createPipeline({ stages: [number], workers: 1 });
  for (const timeoutMs of [2 ** 31, 1e300, -1, Number.NaN, '5' as never]) {
    const error: unknown = await pipeline.close({ timeoutMs }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ERR_DLB_INVALID_ARGUMENT' });
    expect((error as Error).message).toContain('max=2147483647');
  }
  const call = pipeline.call(1);
  const closed = pipeline.close({ timeoutMs: 2 ** 31 - 1 });
  expect(await call).toBe(1);
  await closed;
  await pipeline.close({ timeoutMs: Infinity });
});
