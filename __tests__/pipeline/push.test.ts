/** Items that are pushed one by one, and calls. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as meeting from './modules/meeting.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';
import { Words } from './words.js';

const PLAIN = moduleUrl('plain');
const double = stage<typeof plain.double>({ module: PLAIN, handler: 'double' });
const WINDOW = 8;

test('what is pushed comes out of the results, until the end', async () => {
  await withPipeline({ stages: [double] }, async (pipeline) => {
    const results = collect(pipeline.results());
    for (const item of numbers(2000)) await pipeline.push(item);
    await pipeline.drained();
    pipeline.end();
    expect(await results).toEqual(Array.from(numbers(2000), (n) => n * 2));
    expect(await collect(pipeline.results())).toEqual([]);
    const closed = { code: 'ERR_DLB_PIPELINE_CLOSED' };
    await expect(pipeline.push(1)).rejects.toMatchObject(closed);
    expect(() => pipeline.tryPush(1)).toThrow(/after end/);
    // Other ways in stay open.
    expect(await pipeline.call(2)).toBe(4);
  });
});

test('as long as nobody reads, a window of results waits, and a push behind them', async () => {
  await withPipeline({ stages: [double], window: WINDOW }, async (pipeline) => {
    for (const item of numbers(WINDOW)) expect(pipeline.tryPush(item)).toBe(true);
    await pipeline.drained();
    expect(pipeline.tryPush(100)).toBe(false);
    let pushed = 0;
    const pushes = [100, 101, 102].map((item) => pipeline.push(item).then(() => pushed++));
    const all = Promise.all(pushes);
    all.catch(() => {});
    await turns();
    expect(pushed).toBe(0);
    // Nobody passes those who wait.
    expect(pipeline.tryPush(103)).toBe(false);
    const results = pipeline.results();
    expect(await results.next()).toEqual({ done: false, value: 0 });
    await pushes[0];
    await turns();
    expect(pushed).toBe(1);
    for (const item of numbers(WINDOW - 1)) {
      expect(await results.next()).toEqual({ done: false, value: 2 * (item + 1) });
    }
    await all;
    pipeline.end();
    expect(await collect(results)).toEqual([200, 202, 204]);
  });
});

test('pushes that are not awaited keep their order', async () => {
  await withPipeline({ stages: [double], window: WINDOW }, async (pipeline) => {
    const pushes = Array.from(numbers(100), (item) => pipeline.push(item));
    const results = pipeline.results();
    for (const item of numbers(100)) {
      expect(await results.next()).toEqual({ done: false, value: 2 * item });
    }
    await Promise.all(pushes);
    await pipeline.drained();
  });
});

test('a reader may leave, and another go on where it was', async () => {
  await withPipeline({ stages: [double] }, async (pipeline) => {
    for (const item of numbers(10)) await pipeline.push(item);
    pipeline.end();
    await pipeline.drained();
    const first = pipeline.results();
    await first.next();
    await first.return!();
    expect(await first.next()).toEqual({ done: true, value: undefined });
    expect(await collect(pipeline.results())).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });
});

test('drained waits for what was pushed, not for a reader', async () => {
  const words = new Words();
  const queue = stage<typeof meeting.queue>({
    module: moduleUrl('meeting'),
    handler: 'queue',
    context: words.memory,
  });
  await withPipeline({ stages: [queue] }, async (pipeline) => {
    await pipeline.drained();
    await pipeline.push(1);
    let isDrained = false;
    const drained = pipeline.drained().then(() => (isDrained = true));
    await words.until(0, 1);
    await turns();
    expect(isDrained).toBe(false);
    words.set(1, 1);
    await drained;
    expect(pipeline.stats()).toMatchObject({ inFlight: 0, pushed: 1, delivered: 0 });
  });
});

test('a call resolves to its result, to undefined when a stage ended the item', async () => {
  const thirds = stage<typeof plain.thirds>({ module: PLAIN, handler: 'thirds' });
  await withPipeline({ stages: [thirds, double] }, async (pipeline) => {
    expect(await pipeline.call(3)).toBe(6);
    expect(await pipeline.call(4)).toBeUndefined();
    const calls = Array.from(numbers(3000), (item) => pipeline.call(item));
    const expected = Array.from(numbers(3000), (n) => (n % 3 === 0 ? 2 * n : undefined));
    expect(await Promise.all(calls)).toEqual(expected);
  });
});

test('a call that becomes several results is rejected, one that becomes one is not', async () => {
  const several = stage<typeof plain.several>({ module: PLAIN, handler: 'several', pieces: 4 });
  await withPipeline({ stages: [several, double] }, async (pipeline) => {
    await expect(pipeline.call(2)).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
    expect(await pipeline.call(1)).toBe(20);
    expect(await pipeline.call(0)).toBeUndefined();
  });
});

test('more calls than the window wait for their turn, beside a run', async () => {
  await withPipeline({ stages: [double], window: 2 }, async (pipeline) => {
    const run = collect(pipeline.run(numbers(200)));
    const calls = Array.from(numbers(50), (item) => pipeline.call(item));
    expect(await Promise.all(calls)).toEqual(Array.from(numbers(50), (n) => 2 * n));
    expect(await run).toHaveLength(200);
  });
});

test('a signal rejects its call and no other, wherever the item is', async () => {
  const words = new Words();
  const queue = stage<typeof meeting.queue>({
    module: moduleUrl('meeting'),
    handler: 'queue',
    context: words.memory,
  });
  await withPipeline({ stages: [queue], workers: 1, window: 2 }, async (pipeline) => {
    const reason = new Error('no longer wanted');
    await expect(pipeline.call(1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const calls = controllers.map(({ signal }, item) => pipeline.call(item, { signal }));
    const others = [pipeline.call(10), pipeline.call(11)];
    await words.until(0, 1);
    // One is at work, one in flight, two wait to be let in.
    for (const controller of controllers) controller.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    words.set(1, 1);
    expect(await Promise.all(others)).toEqual([10, 11]);
    expect(words.get(0)).toBe(3);
  });
});
