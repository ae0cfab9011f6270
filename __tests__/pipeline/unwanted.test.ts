/** What is not wanted any more goes at once, whatever it waits for in its worker. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import type * as waiting from './modules/waiting.js';
import { collect, moduleUrl, turns, withPipeline } from './pipelines.js';

const module = moduleUrl('waiting');
/** More than a test may take. */
const onError = { retries: 1, delayMs: 1_000_000 };
type Opened = Pipeline<waiting.Item, string>;

async function withRetries(use: (pipeline: Opened) => Promise<void>, concurrency = 64) {
  const work = stage<typeof waiting.work>({
    module,
    handler: 'work',
    context: new SharedArrayBuffer(8),
    schedule: 'atomic',
    flow: 'keyOf',
    onError,
    concurrency,
  });
  // Its worker takes items for it also when the first stage has no place for them.
  const pass = stage<(key: string) => string>({ module, handler: 'pass' });
  await withPipeline({ stages: [work, pass], workers: 1, window: 4 }, use);
}

/** Resolves when so many tries have failed. */
async function failures(pipeline: Opened, count: number): Promise<void> {
  while (pipeline.stats().stages[0]!.retries < count) await turns(1);
}
async function allOut(pipeline: Opened): Promise<void> {
  while (pipeline.stats().inFlight > 0) await turns(1);
}

const again = (key: string): waiting.Item => ({ key, how: 'retry' });
const signalled = { name: 'AbortError' };

test('S9: calls that are aborted before their next try give up their places, with those behind them', async () => {
  await withRetries(async (pipeline) => {
    const controller = new AbortController();
    const { signal } = controller;
    // Two flows, each with one that waits for its time and one behind it.
    const items = [again('a'), again('a'), again('b'), { key: 'b' }];
    const calls = items.map((item) => pipeline.call(item, { signal }));
    const next = pipeline.call({ key: 'a' });
    await failures(pipeline, 2);
    controller.abort();
    for (const call of calls) await expect(call).rejects.toMatchObject(signalled);
    expect(await next).toBe('a');
    await allOut(pipeline);
    expect(await pipeline.call({ key: 'b' })).toBe('b');
    const late = new AbortController();
    const last = pipeline.call(again('c'), { signal: late.signal });
    await failures(pipeline, 3);
    late.abort();
    await expect(last).rejects.toMatchObject(signalled);
    await pipeline.close();
    expect(pipeline.stats().inFlight).toBe(0);
  });
});

test('S9: what is behind an item that is wanted goes, and the item stays', async () => {
  await withRetries(async (pipeline) => {
    const [kept, gone] = [new AbortController(), new AbortController()];
    const first = pipeline.call(again('a'), { signal: kept.signal });
    await failures(pipeline, 1);
    const behind = pipeline.call({ key: 'a' }, { signal: gone.signal });
    const last = pipeline.call({ key: 'a' });
    await turns();
    gone.abort();
    await expect(behind).rejects.toMatchObject(signalled);
    while (pipeline.stats().inFlight > 2) await turns(1);
    expect(await pipeline.call({ key: 'b' })).toBe('b');
    kept.abort();
    await expect(first).rejects.toMatchObject(signalled);
    expect(await last).toBe('a');
  });
});

test.each(['left', 'failed', 'aborted'])(
  'S9: items of a run that is %s do not wait for their next try',
  async (how) => {
    await withRetries(async (pipeline) => {
      const controller = new AbortController();
      async function* source(): AsyncGenerator<waiting.Item> {
        yield { key: 'first' };
        yield again('a');
        await failures(pipeline, 1);
        if (how === 'failed') throw new Error('no more');
        if (how === 'aborted') controller.abort();
        yield { key: 'last' };
      }
      const run = pipeline.run(source(), { order: 'as-completed', signal: controller.signal });
      if (how === 'left') {
        for await (const key of run) if (key === 'last') break;
      } else await expect(collect(run)).rejects.toThrow();
      await allOut(pipeline);
      expect(pipeline.stats().stages[0]!.handled).toBe(how === 'left' ? 2 : 1);
    });
  },
);

test('S9: what waits for the place of a call that does not end goes when it is not wanted', async () => {
  await withRetries(async (pipeline) => {
    const forEver = new AbortController();
    const stuck = pipeline.call({ key: 'a', how: 'for ever' }, { signal: forEver.signal });
    const gone = new AbortController();
    const { signal } = gone;
    const backlog = ['b', 'c'].map((key) => pipeline.call({ key }, { signal }));
    await turns();
    gone.abort();
    for (const call of backlog) await expect(call).rejects.toMatchObject(signalled);
    forEver.abort();
    await expect(stuck).rejects.toMatchObject(signalled);
    while (pipeline.stats().inFlight > 1) await turns(1);
    await pipeline.close({ timeoutMs: 1 });
  }, 1);
});
