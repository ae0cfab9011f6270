/** Runs that end early: by the consumer, the source or a signal. The pipeline goes on. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import type * as meeting from './modules/meeting.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';
import { shared } from './shared.js';
import { Words } from './words.js';

const number = stage<typeof plain.number>({ module: moduleUrl('plain'), handler: 'number' });
const withShared = shared({ stages: [number] });
const failure = new Error('the source is broken');

/** Says whether it was told that no more is wanted. */
class Source implements AsyncIterable<number> {
  pulled = 0;
  returned = 0;
  readonly #item: (place: number) => number | Promise<number>;

  constructor(item: (place: number) => number | Promise<number>) {
    this.#item = item;
  }
  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: async () => ({ done: false, value: await this.#item(this.pulled++) }),
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }
}

async function expectUsable(pipeline: Pipeline<number, number>): Promise<void> {
  expect(await collect(pipeline.run(numbers(300)))).toEqual([...numbers(300)]);
  // What the run before has left comes out, worked on or not.
  while (pipeline.stats().inFlight > 0) await turns(1);
}

test('leaving the loop ends the source and cancels what is in flight', async () => {
  await withPipeline({ stages: [number], window: 8 }, async (pipeline) => {
    const source = new Source((place) => place);
    for await (const result of pipeline.run(source)) if (result === 20) break;
    expect(source.returned).toBe(1);
    const { pulled } = source;
    await expectUsable(pipeline);
    expect(source.pulled).toBe(pulled);

    let isDone = false;
    const endless = (function* () {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        isDone = true;
      }
    })();
    for await (const result of pipeline.run(endless)) if (result === 20) break;
    expect(isDone).toBe(true);
    await expectUsable(pipeline);
  });
});

test('leaving the loop does not wait for a source that has nothing to give', async () => {
  await withShared(async (pipeline) => {
    const silent = (async function* () {
      yield 1;
      await new Promise(() => {});
    })();
    for await (const result of pipeline.run(silent)) {
      expect(result).toBe(1);
      break;
    }
    await expectUsable(pipeline);
  });
});

test('a run is over when it was left, whatever had come for it', async () => {
  await withShared(async (pipeline) => {
    const run = pipeline.run(numbers(100));
    await run.next();
    expect(await run.return!()).toEqual({ done: true, value: undefined });
    expect(await run.next()).toEqual({ done: true, value: undefined });
    expect(await run.return!()).toEqual({ done: true, value: undefined });
    const unread = pipeline.run(numbers(100));
    await unread.return!();
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    await expectUsable(pipeline);
  });
});

test.each([0, 1, 50])('what a source throws ends its run: at item %i', async (at) => {
  await withShared(async (pipeline) => {
    const breaking = (place: number): number => {
      if (place === at) throw failure;
      return place;
    };
    const other = collect(pipeline.run(numbers(2000)));
    await expect(collect(pipeline.run(new Source(breaking)))).rejects.toBe(failure);
    const sync = (function* () {
      for (let place = 0; ; place++) yield breaking(place);
    })();
    await expect(collect(pipeline.run(sync))).rejects.toBe(failure);
    expect(await other).toHaveLength(2000);
    await expectUsable(pipeline);
  });
});

test('an item that cannot cross threads ends its run, with the reason', async () => {
  await withShared(async (pipeline) => {
    const source = new Source((place) => (place === 3 ? ((() => {}) as never) : place));
    await expect(collect(pipeline.run(source))).rejects.toThrow(
      /does not take the value: .*type=function/,
    );
    await turns();
    expect(source.returned).toBe(1);
    await expectUsable(pipeline);
  });
});

test('what a key function or a priority function throws ends its run', async () => {
  await withShared(async (pipeline) => {
    const throwing = (): never => {
      throw failure;
    };
    await expect(collect(pipeline.run(numbers(9), { flow: throwing }))).rejects.toBe(failure);
    await expect(collect(pipeline.run(numbers(9), { priority: throwing }))).rejects.toBe(failure);
    await expectUsable(pipeline);
  });
});

test('a signal ends a run with its reason: before, between and while waiting', async () => {
  await withShared(async (pipeline) => {
    const source = new Source((place) => place);
    const aborted = AbortSignal.abort(failure);
    await expect(collect(pipeline.run(source, { signal: aborted }))).rejects.toBe(failure);
    expect(source.pulled).toBe(0);

    const between = new AbortController();
    let taken = 0;
    const run = async (): Promise<void> => {
      for await (const _ of pipeline.run(source, { signal: between.signal })) {
        if (++taken === 10) between.abort(failure);
      }
    };
    await expect(run()).rejects.toBe(failure);
    expect({ taken, returned: source.returned > 0 }).toEqual({ taken: 10, returned: true });

    const waiting = new AbortController();
    const silent = new Source(() => new Promise(() => {}));
    const nothing = collect(pipeline.run(silent, { signal: waiting.signal }));
    await turns();
    waiting.abort();
    await expect(nothing).rejects.toMatchObject({ name: 'AbortError' });
    await expectUsable(pipeline);
  });
});

test('timers of this thread run beside an endless run', async () => {
  await withShared(async (pipeline) => {
    const controller = new AbortController();
    const endless = (function* () {
      for (let i = 0; ; i++) yield i;
    })();
    setTimeout(() => controller.abort(failure), 20);
    const run = collect(pipeline.run(endless, { signal: controller.signal }));
    await expect(run).rejects.toBe(failure);
    await expectUsable(pipeline);
  });
});

test('handlers of a run that ended see it in their signal, and items not begun are not begun', async () => {
  const words = new Words();
  const queue = stage<typeof meeting.queueLater>({
    module: moduleUrl('meeting'),
    handler: 'queueLater',
    concurrency: 4,
    context: words.memory,
  });
  await withPipeline({ stages: [queue], workers: 1, window: 64 }, async (pipeline) => {
    const controller = new AbortController();
    const run = collect(pipeline.run(numbers(64), { signal: controller.signal }));
    await words.until(0, 4);
    controller.abort(failure);
    await expect(run).rejects.toBe(failure);
    await words.until(2, 1);
    words.set(1, 1);
    await expectUsable(pipeline);
    // The four that had begun, and those of `expectUsable`.
    expect(words.get(0)).toBe(4 + 300);
  });
});
