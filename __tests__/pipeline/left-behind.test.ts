/** Nothing is left of what ended early: no listener, no source that is still open. */
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline as connect } from 'node:stream/promises';
import { ReadableStream } from 'node:stream/web';
import { expect, test } from '@jest/globals';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import type * as stuck from './modules/stuck.js';
import { collect, moduleUrl, turns } from './pipelines.js';
import { shared } from './shared.js';
import { Threads } from './threads.js';

const handle = stage<typeof stuck.handle>({ module: moduleUrl('stuck'), handler: 'handle' });
const withStuck = shared({ stages: [handle], workers: 1 });
type Opened = Pipeline<number, number>;
interface Options {
  readonly signal: AbortSignal;
}

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

const ENDS: Readonly<Record<string, (pipeline: Opened, options: Options) => unknown>> = {
  'a run that nobody asked': (pipeline, options) => pipeline.run([1], options),
  'a run of what is no source': (pipeline, options) => {
    expect(() => pipeline.run(5 as never, options)).toThrow(/iterable/);
  },
  'a run with a wrong option': (pipeline, options) => {
    expect(() => pipeline.run([1], { ...options, window: 0 })).toThrow(/window/);
    expect(() => pipeline.run([1], { ...options, flow: 'key' as never })).toThrow(/flow/);
  },
  'a run to its end': (pipeline, options) => collect(pipeline.run([1, 2], options)),
  'a run that was left': async (pipeline, options) => {
    for await (const _ of pipeline.run([1, 2, 3], options)) break;
  },
  'a run that was left before it began': (pipeline, options) =>
    pipeline.run([1, 2, 3], options).return!(),
  'a run that failed': (pipeline, options) =>
    expect(collect(pipeline.run([1, 0], options))).rejects.toThrow(/failed/),
  'a duplex that nobody used': (pipeline, options) => pipeline.duplex(options),
  'a duplex destroyed at once': (pipeline, options) => pipeline.duplex(options).destroy(),
  'a duplex destroyed in use': async (pipeline, options) => {
    const duplex = pipeline.duplex(options).on('error', () => {});
    duplex.write(1);
    for await (const _ of duplex) break;
  },
  'a duplex that failed': async (pipeline, options) => {
    const duplex = pipeline.duplex(options);
    duplex.end(0);
    await expect(collect(duplex)).rejects.toThrow(/failed/);
  },
  'a transform cancelled': async (pipeline, options) => {
    const { readable, writable } = pipeline.transform(options);
    const writer = writable.getWriter();
    const written = writer.write(1);
    await readable.cancel(new Error('gone'));
    await expect(writer.closed).rejects.toThrow('gone');
    await Promise.allSettled([written]);
  },
  'a transform aborted': async (pipeline, options) => {
    const { readable, writable } = pipeline.transform(options);
    const reading = readable.getReader().read();
    await writable.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
  },
  'a transform given what cannot cross': async (pipeline, options) => {
    const { readable, writable } = pipeline.transform(options);
    const reading = readable.getReader().read();
    await expect(writable.getWriter().write((() => {}) as never)).rejects.toThrow();
    await expect(reading).rejects.toThrow();
  },
  'a call': (pipeline, options) => pipeline.call(1, options),
  'a call that failed': (pipeline, options) =>
    expect(pipeline.call(0, options)).rejects.toThrow(/failed/),
  'a call of what cannot cross': (pipeline, options) =>
    expect(pipeline.call((() => {}) as never, options)).rejects.toThrow(),
};

test.each(Object.keys(ENDS))('L4: nothing follows the signal any more: %s', async (name) => {
  await withStuck(async (pipeline) => {
    const { signal } = new AbortController();
    await ENDS[name]!(pipeline, { signal });
    expect(listenersOf(signal)).toBe(0);
    while (pipeline.stats().inFlight > 0) await turns(1);
  });
});

test('U5: calls, runs and streams with one signal have one listener, and each is told', async () => {
  const pipeline = await createPipeline({ stages: [handle], workers: 1 });
  const reason = new Error('no longer wanted');
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from({ length: 15 }, () => pipeline.call(-1, { signal }));
  const runs = Array.from({ length: 15 }, () => pipeline.run([-1], { signal }).next());
  const duplexes = Array.from({ length: 15 }, () => collect(pipeline.duplex({ signal })));
  const all = [...calls, ...runs, ...duplexes].map((each) => expect(each).rejects.toBe(reason));
  await turns();
  expect(listenersOf(signal)).toBe(1);
  controller.abort(reason);
  await Promise.all(all);
  expect(listenersOf(signal)).toBe(0);
  await pipeline.close({ timeoutMs: 1 });
});

test('what is no signal is refused', async () => {
  await withStuck(async (pipeline) => {
    const options = { signal: 'stop' as never };
    const refused = { code: 'ERR_DLB_INVALID_ARGUMENT', details: { field: 'signal' } };
    await expect(pipeline.call(1, options)).rejects.toMatchObject(refused);
    const uses = ['run', 'duplex', 'transform'] as const;
    for (const use of uses) {
      const used = (async () =>
        use === 'run' ? pipeline.run([1], options) : pipeline[use](options))();
      await expect(used).rejects.toMatchObject(refused);
    }
  });
});

/** A source that has given one item and has nothing more to give, and whether it was told. */
interface Idle {
  readonly items: AsyncIterable<number>;
  readonly isTold: () => boolean;
}
const SOURCES: Readonly<Record<string, (item: number) => Idle>> = {
  'Node stream'(item) {
    const items = new Readable({ objectMode: true, read() {} });
    items.push(item);
    return { items, isTold: () => items.destroyed };
  },
  'Web stream'(item) {
    let isTold = false;
    const start = (controller: { enqueue(item: number): void }): void => controller.enqueue(item);
    const items = new ReadableStream<number>({ start, cancel: () => void (isTold = true) });
    return { items, isTold: () => isTold };
  },
  iterator(item) {
    let isTold = false;
    let asked = 0;
    const next = async (): Promise<IteratorResult<number>> =>
      asked++ === 0 ? { done: false, value: item } : new Promise(() => {});
    const iterator = {
      next,
      return: async (): Promise<IteratorResult<number>> => {
        isTold = true;
        return { done: true, value: undefined };
      },
    };
    return { items: { [Symbol.asyncIterator]: () => iterator }, isTold: () => isTold };
  },
  cursor(item) {
    const { items, isTold } = SOURCES['iterator']!(item);
    const iterator = items[Symbol.asyncIterator]();
    return { items: { ...iterator, [Symbol.asyncIterator]: () => iterator }, isTold };
  },
};
/** How a run ends while its source is idle. */
const EARLY: Readonly<
  Record<string, (pipeline: Opened, source: AsyncIterable<number>) => Promise<unknown>>
> = {
  'an item failed': (pipeline, source) => collect(pipeline.run(source)),
  'it was aborted'(pipeline, source) {
    const controller = new AbortController();
    const run = collect(pipeline.run(source, { signal: controller.signal }));
    void turns().then(() => controller.abort());
    return run;
  },
  'it was aborted before': (pipeline, source) =>
    collect(pipeline.run(source, { signal: AbortSignal.abort() })),
  'it was aborted while nobody asked': async (pipeline, source) => {
    const controller = new AbortController();
    const run = pipeline.run(source, { signal: controller.signal });
    await run.next();
    controller.abort();
  },
  'it was left while it waited': async (pipeline, source) => {
    const run = pipeline.run(source);
    await run.next();
    void run.next();
    await turns();
    await run.return!();
  },
  'it was left before': (pipeline, source) => pipeline.run(source).return!(),
};

test.each(
  Object.keys(EARLY).flatMap((how) => Object.keys(SOURCES).map((kind) => [kind, how] as const)),
)(
  'L4: a source that has nothing to give is told that no more is wanted: %s, %s',
  async (kind, how) => {
    await withStuck(async (pipeline) => {
      const source = SOURCES[kind]!(how === 'an item failed' ? 0 : 1);
      await EARLY[how]!(pipeline, source.items).catch(() => {});
      await turns();
      const wasBegun = !(how.endsWith('before') && kind === 'iterator');
      expect(source.isTold()).toBe(wasBegun);
    });
  },
);

test.each(Object.keys(SOURCES))(
  'L4: the source of a run that waits is told when the pipeline breaks or closes: %s',
  async (kind) => {
    for (const how of ['break', 'close'] as const) {
      using threads = new Threads();
      const pipeline = await createPipeline({ stages: [handle], workers: 1 });
      const [waiting, unasked] = [SOURCES[kind]!(1), SOURCES[kind]!(1)];
      const run = pipeline.run(unasked.items);
      await run.next();
      const results = collect(pipeline.run(waiting.items));
      results.catch(() => {});
      await turns();
      if (how === 'close') await pipeline.close();
      else await threads.started[0]!.terminate();
      await expect(results).rejects.toThrow();
      await turns();
      expect([waiting.isTold(), unasked.isTold()]).toEqual([true, true]);
      await pipeline.close();
    }
  },
);

/** What a source that never gives anything is connected to; resolves to the reason when it has been told. */
const SILENT: Readonly<
  Record<string, (pipeline: Opened, signal: AbortSignal) => Promise<unknown>>
> = {
  'a transform': (pipeline, signal) =>
    new Promise((cancel) =>
      new ReadableStream<number>({ cancel }).pipeThrough(pipeline.transform({ signal })),
    ),
  "a transform's writer": (pipeline, signal) =>
    pipeline
      .transform({ signal })
      .writable.getWriter()
      .closed.catch((reason: unknown) => reason),
  'a duplex': (pipeline, signal) =>
    connect(new Readable({ objectMode: true, read() {} }), pipeline.duplex({ signal })).catch(
      (reason: unknown) => reason,
    ),
  'a duplex that somebody listens to': (pipeline, signal) =>
    new Promise((tell) => pipeline.duplex({ signal }).on('error', tell)),
  'a duplex whose only item ended': (pipeline, signal) => {
    const duplex = pipeline.duplex({ signal });
    const silent = new Readable({ objectMode: true, read() {} });
    silent.push(Infinity);
    return connect(silent, duplex).catch((reason: unknown) => reason);
  },
};

test.each(['abort before', 'abort', 'close', 'break'])(
  'S5: a silent source is told of the end before anything is written or read: %s',
  async (how) => {
    using threads = new Threads();
    const pipeline = await createPipeline({ stages: [handle], workers: 1 });
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    if (how === 'abort before') controller.abort(reason);
    const told = Object.values(SILENT).map((connected) => connected(pipeline, controller.signal));
    await turns(2);
    if (how === 'abort') controller.abort(reason);
    if (how === 'close') await pipeline.close();
    if (how === 'break') await threads.started[0]!.terminate();
    const code = how === 'close' ? 'ERR_DLB_PIPELINE_CLOSED' : expect.stringMatching(/^ERR_DLB_/);
    const expected = how.startsWith('abort') ? reason : expect.objectContaining({ code });
    expect(await Promise.all(told)).toEqual(told.map(() => expected));
    await pipeline.close();
  },
);

test('S5: a duplex that is closed gives what it has before it says so', async () => {
  const pipeline = await createPipeline({ stages: [handle], workers: 1 });
  const [unread, late] = [pipeline.duplex(), pipeline.duplex()];
  const results: unknown[] = [];
  for (const duplex of [unread, late]) duplex.write(1);
  late.on('data', (result) => results.push(result));
  const failed = new Promise((tell) => late.on('error', tell));
  await pipeline.close();
  expect(await failed).toMatchObject({ code: 'ERR_DLB_PIPELINE_CLOSED' });
  expect(results).toEqual([1]);
  await expect(unread[Symbol.asyncIterator]().next()).resolves.toEqual({ done: false, value: 1 });
});

test('L4: a generator that aborts its own run is ended', async () => {
  await withStuck(async (pipeline) => {
    const controller = new AbortController();
    let isEnded = false;
    function* source(): Generator<number> {
      try {
        yield 1;
        controller.abort();
        yield 2;
      } finally {
        isEnded = true;
      }
    }
    const run = collect(pipeline.run(source(), { signal: controller.signal }));
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(isEnded).toBe(true);
  });
});

test('L4: a run does not touch its source before it is asked', async () => {
  await withStuck(async (pipeline) => {
    const stream = ReadableStream.from([1, 2]);
    pipeline.run(stream);
    expect(stream.locked).toBe(false);
    expect(await collect(pipeline.run(stream))).toEqual([1, 2]);
  });
});
