/** What a pipeline counts: exactly what has happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Percentiles, PipelineStats } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import type * as meeting from './modules/meeting.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, retrying, withPipeline } from './pipelines.js';
import { Words } from './words.js';

const PLAIN = moduleUrl('plain');
const FRAGILE = moduleUrl('fragile');
const number = stage<typeof plain.number>({ module: PLAIN, handler: 'number' });
const NOTHING = {
  errors: 0,
  retries: 0,
  redeliveries: 0,
  ended: 0,
  dropped: 0,
  deadLetters: 0,
  inFlight: 0,
  waiting: 0,
};

test('a pipeline that has done nothing has counted nothing', async () => {
  await withPipeline({ stages: [number], name: 'quiet' }, async (pipeline) => {
    const stats = pipeline.stats();
    const counts = { crashes: 0, inFlight: 0, pushed: 0, delivered: 0, stalls: 0, largeBytes: 0 };
    expect(stats).toMatchObject({ name: 'quiet', workers: 2, ...counts });
    expect(stats.stages).toMatchObject([{ name: 'number', handled: 0, rate: 0, ...NOTHING }]);
    const none = { count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0, mean: 0 };
    expect(stats.stages[0]).toMatchObject({ handlerTime: none, waitingTime: none });
  });
});

test('every item is counted once at each stage, wherever it ends', async () => {
  const thirds = stage<typeof plain.thirds>({ module: PLAIN, handler: 'thirds' });
  const several = stage<typeof plain.several>({ module: PLAIN, handler: 'several', pieces: 4 });
  const dropping = stage<typeof fragile.fail>({
    module: FRAGILE,
    handler: 'fail',
    onError: 'drop',
    context: { wrong: [30, 90] },
  });
  const again = stage<typeof fragile.failLater>({
    module: FRAGILE,
    handler: 'failLater',
    onError: retrying(2, 'dead-letter'),
    context: { wrong: [60, 61, 150] },
  });
  let letters = 0;
  const stages = [thirds, several, dropping, again, number] as const;
  await withPipeline({ stages, onDeadLetter: () => void letters++ }, async (pipeline) => {
    const thirdsOf = [...numbers(600)].filter((n) => n % 3 === 0);
    const pieces = thirdsOf.flatMap((n) => Array.from(numbers(n % 4), (i) => n * 10 + i));
    const kept = pieces.filter((n) => ![30, 90].includes(n));
    const out = kept.filter((n) => ![60, 61, 150].includes(n));
    expect(await collect(pipeline.run(numbers(600)))).toEqual(out);
    const dropped = pieces.length - kept.length;
    const buried = kept.length - out.length;
    expect({ dropped, buried, letters }).toEqual({ dropped: 2, buried: 3, letters: 3 });
    const stats = pipeline.stats();
    const counts = { pushed: 600, delivered: out.length, inFlight: 0, crashes: 0 };
    expect(stats).toMatchObject(counts);
    const none = thirdsOf.filter((n) => n % 4 === 0).length;
    expect(stats.stages).toMatchObject([
      { ...NOTHING, name: 'thirds', handled: 600, ended: 400 },
      { ...NOTHING, name: 'several', handled: 200, ended: none },
      { ...NOTHING, name: 'fail', handled: kept.length, dropped, errors: dropped },
      {
        ...NOTHING,
        name: 'failLater',
        handled: out.length,
        deadLetters: buried,
        retries: 2 * buried,
        errors: 3 * buried,
      },
      { ...NOTHING, name: 'number', handled: out.length },
    ]);
  });
});

test('an item that comes again is counted where it does, and nowhere else', async () => {
  const die = stage<typeof fragile.die>({
    module: FRAGILE,
    handler: 'die',
    context: { wrong: [3], times: 1, how: 'exit' },
  });
  await withPipeline({ stages: [number, die, number2()], workers: 1 }, async (pipeline) => {
    // One by one: the thread that dies has no other item.
    for (const item of numbers(6)) expect(await pipeline.call(item)).toBe(item);
    const stats = pipeline.stats();
    expect(stats).toMatchObject({ crashes: 1, pushed: 6, delivered: 6, workers: 1 });
    expect(stats.stages).toMatchObject([
      { ...NOTHING, handled: 6 },
      { ...NOTHING, handled: 6, redeliveries: 1 },
      { ...NOTHING, handled: 6 },
    ]);
  });
});

function number2() {
  return stage<typeof plain.number>({ module: PLAIN, handler: 'number', name: 'number-2' });
}

test('what is in flight and what waits is told while it is so', async () => {
  const words = new Words();
  const queue = stage<typeof meeting.queue>({
    module: moduleUrl('meeting'),
    handler: 'queue',
    context: words.memory,
  });
  await withPipeline({ stages: [number, queue], workers: 1, window: 100 }, async (pipeline) => {
    const results = collect(pipeline.run(numbers(300)));
    await words.until(0, 1);
    // All of the window, in one place or the other: behind an item that waits.
    const held = ({ stages }: PipelineStats): number =>
      stages.reduce((sum, { inFlight, waiting }) => sum + inFlight + waiting, 0);
    while (held(pipeline.stats()) < 100) await sleep(1);
    expect(pipeline.stats()).toMatchObject({ inFlight: 100, pushed: 100, delivered: 0 });
    words.set(1, 1);
    await results;
    expect(pipeline.stats()).toMatchObject({ inFlight: 0, pushed: 300, delivered: 300 });
  });
});

test('items that waited for room are counted', async () => {
  await withPipeline({ stages: [number], window: 4 }, async (pipeline) => {
    for (const item of numbers(4)) await pipeline.push(item);
    expect(pipeline.stats().stalls).toBe(0);
    const waits = pipeline.push(4);
    await pipeline.results().next();
    await waits;
    expect(pipeline.stats().stalls).toBe(1);
  });
});

test('times have percentiles, of promises and of results', async () => {
  const slow = stage<typeof fragile.slowLater>({
    module: FRAGILE,
    handler: 'slowLater',
    context: { wrong: [] },
  });
  await withPipeline({ stages: [number, slow] }, async (pipeline) => {
    await collect(pipeline.run(numbers(64)));
    const [, { handlerTime } = { handlerTime: undefined }] = pipeline.stats().stages;
    for (const { handlerTime: one, waitingTime } of pipeline.stats().stages) {
      expectSorted(one);
      expectSorted(waitingTime);
      expect(one.count).toBeGreaterThan(0);
    }
    // The handler sleeps for longer than this.
    expect(handlerTime!.count).toBe(64);
    expect(handlerTime!.p50).toBeGreaterThan(300);
  });
});

function expectSorted({ p50, p90, p99, p999, max, mean, count }: Percentiles): void {
  const values = [0, p50, p90, p99, p999, max];
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(max).toBeGreaterThan(0);
  expect(mean).toBeLessThanOrEqual(max);
  expect(Number.isInteger(count)).toBe(true);
}

test('onStats is called while the pipeline is open, and not afterwards', async () => {
  const seen: PipelineStats[] = [];
  const onStats = (stats: PipelineStats): void => void seen.push(stats);
  const spec = { stages: [number], name: 'told', onStats, statsIntervalMs: 5 } as const;
  await withPipeline(spec, async (pipeline) => {
    await collect(pipeline.run(numbers(10)));
    while (seen.length < 3 || seen.at(-1)!.delivered < 10) await sleep(1);
    expect(seen.at(-1)).toMatchObject({ name: 'told', pushed: 10, delivered: 10 });
  });
  const calls = seen.length;
  await sleep(30);
  expect(seen).toHaveLength(calls);
});
