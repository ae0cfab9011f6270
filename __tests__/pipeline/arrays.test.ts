/** Stages whose handlers take arrays: what is called together, and what holds of each item all the same. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { BatchStageOptions, DeadLetter, Schedule } from '../../lib/pipeline/index.js';
import type * as arrays from './modules/arrays.js';
import { collect, moduleUrl, numbers, retrying, withPipeline } from './pipelines.js';
import { Words } from './words.js';

type Item = arrays.Item;
type More = Partial<BatchStageOptions<typeof arrays.handle>>;

const module = moduleUrl('arrays');
const BATCH = 16;
const follow = stage<typeof arrays.follow>({
  module,
  handler: 'follow',
  schedule: 'sticky',
  flow: 'keyOfSeen',
});

function handling(more: More = {}) {
  return stage<typeof arrays.handle>({ module, handler: 'handle', batch: BATCH, ...more });
}

function items(count: number, more: (n: number) => Partial<Item> = () => ({})): Item[] {
  return Array.from(numbers(count), (n) => ({ n, ...more(n) }));
}

const ns = (results: readonly { n: number }[]): number[] => results.map(({ n }) => n);
const sequence = (from: number, to: number): number[] => [...numbers(to)].slice(from);

test('a handler gets up to so many items at once, as they came', async () => {
  await withPipeline({ stages: [handling()], workers: 1 }, async (pipeline) => {
    const results = await collect(pipeline.run(items(40)));
    expect(ns(results)).toEqual(sequence(0, 40));
    const calls = results.filter((result) => result.items[0] === result.n);
    expect(calls.map((call) => call.items)).toEqual([
      sequence(0, 16),
      sequence(16, 32),
      sequence(32, 40),
    ]);
    expect(pipeline.stats().stages[0]).toMatchObject({ handled: 40, errors: 0 });
    expect(await pipeline.call({ n: 7 })).toMatchObject({ n: 7, items: [7] });
  });
});

test('items of many packs are called together, as many as a worker has at hand', async () => {
  const one = handling({ schedule: 'atomic', grain: 'fine', flow: 'keyOf' });
  await withPipeline({ stages: [one], workers: 1 }, async (pipeline) => {
    // A pack each.
    const results = await collect(pipeline.run(items(3000, (n) => ({ key: n }))));
    expect(ns(results)).toEqual(sequence(0, 3000));
    expect(Math.max(...results.map((result) => result.items.length))).toBeGreaterThan(1);
    expect(Math.max(...results.map((result) => result.items.length))).toBeLessThanOrEqual(BATCH);
  });
});

test('what is called together is of one run', async () => {
  // A pack each, so that a worker has some of several runs at hand.
  const one = handling({ schedule: 'atomic', grain: 'fine', flow: 'keyOf' });
  await withPipeline({ stages: [one], workers: 1 }, async (pipeline) => {
    const runs = [0, 10_000, 20_000].map((from) =>
      collect(pipeline.run(items(2000).map(({ n }) => ({ n: n + from, key: n + from })))),
    );
    const results = (await Promise.all(runs)).flat();
    expect(Math.max(...results.map((result) => result.items.length))).toBeGreaterThan(1);
    for (const result of results) {
      const run = Math.floor(result.n / 10_000);
      expect(result.items.every((n) => Math.floor(n / 10_000) === run)).toBe(true);
    }
  });
});

const KEYED: readonly Schedule[] = ['atomic', 'sticky'];
const HANDLERS = ['handle', 'handleLater'] as const;
const cases = KEYED.flatMap((schedule) => HANDLERS.map((handler) => [schedule, handler] as const));

test.each(cases)(
  'of one flow several may be in one call, in order: %s, %s',
  async (schedule, handler) => {
    const one = handling({ handler, schedule, grain: 'coarse', flow: 'keyOf', concurrency: 2 });
    await withPipeline({ stages: [one] }, async (pipeline) => {
      const results = await collect(pipeline.run(items(600, (n) => ({ key: n % 3 }))));
      expect(ns(results)).toEqual(sequence(0, 600));
      const most = results.map((result) => {
        const own = result.items.filter((n) => n % 3 === result.n % 3);
        expect(own).toEqual(own.toSorted((a, b) => a - b));
        expect(result.flows).toHaveLength(result.items.length);
        const flow = result.flows[result.items.indexOf(result.n)];
        expect(result.items.map((n) => n % 3 === result.n % 3)).toEqual(
          result.flows.map((each) => each === flow),
        );
        return own.length;
      });
      expect(Math.max(...most)).toBeGreaterThan(1);
    });
  },
);

test.each(cases)(
  'items that fail keep their place in their flow, alone or with their call: %s, %s',
  async (schedule, handler) => {
    const onError = retrying(2, 'drop');
    const one = handling({ handler, schedule, grain: 'coarse', flow: 'keyOf', onError });
    await withPipeline({ stages: [one, follow] }, async (pipeline) => {
      const source = items(900, (n) => {
        const key = n % 5;
        if (n % 97 === 1) return { key, act: 'throw', times: n % 4 };
        if (n % 31 === 2) return { key, act: 'bad', times: n % 4 };
        return { key };
      });
      const results = await collect(pipeline.run(source));
      expect(results.filter((result) => !result.isInOrder)).toEqual([]);
      // Those that fail three times may have been alone each time: a call of several takes no retry.
      const dropped = source.filter(({ act, times = 0 }) => act === 'bad' && times > 2).length;
      const wrong = source.filter(({ act, times = 0 }) => act === 'throw' && times > 2).length;
      expect(results.length).toBeGreaterThanOrEqual(900 - dropped - wrong);
      expect(results.length).toBeLessThan(901);
      expect(pipeline.stats().stages[0]!.errors).toBeGreaterThan(0);
    });
  },
);

test.each(['throw', 'short', 'none'] as const)(
  'a call that fails is one of all its items, and each is called again by itself: %s',
  async (act) => {
    const letters: DeadLetter[] = [];
    const spec = {
      stages: [handling({ onError: 'dead-letter' })],
      workers: 1,
      onDeadLetter: (letter: DeadLetter) => void letters.push(letter),
    } as const;
    await withPipeline(spec, async (pipeline) => {
      const results = await collect(pipeline.run(items(16, (n) => (n === 5 ? { act } : {}))));
      expect(ns(results)).toEqual(sequence(0, 16).filter((n) => n !== 5));
      for (const { n, items: together, attempt } of results)
        expect({ together, attempt }).toEqual({ together: [n], attempt: 1 });
      expect(letters).toMatchObject([{ item: { n: 5 }, attempts: 2, crashes: 0 }]);
      const cause = letters[0]!.error.cause as { message: string; details?: object };
      if (act === 'throw') expect(cause.message).toBe('thrown');
      else expect(cause.details).toMatchObject({ field: 'results', items: 1 });
      // That of all, and that of the one.
      expect(pipeline.stats().stages[0]).toMatchObject({ handled: 15, errors: 2, deadLetters: 1 });
    });
  },
);

test('without another policy, an item that fails by itself fails its run', async () => {
  await withPipeline({ stages: [handling()], workers: 1 }, async (pipeline) => {
    const run = pipeline.run(items(16, (n) => (n === 5 ? { act: 'throw' } : {})));
    await expect(collect(run)).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
    const once = pipeline.run(items(16, (n) => (n === 5 ? { act: 'throw', times: 1 } : {})));
    expect(await collect(once)).toHaveLength(16);
  });
});

test('the call of several takes none of the retries of an item', async () => {
  const stages = [handling({ onError: retrying(1, 'drop') })] as const;
  await withPipeline({ stages, workers: 1 }, async (pipeline) => {
    const failing = (times: number): Item[] =>
      items(16, (n) => (n === 5 ? { act: 'throw', times } : {}));
    const attempts = (await collect(pipeline.run(failing(2)))).map(({ attempt }) => attempt);
    expect(attempts).toEqual(sequence(0, 16).map((n) => (n === 5 ? 2 : 1)));
    expect(await collect(pipeline.run(failing(3)))).toHaveLength(15);
    expect(pipeline.stats().stages[0]).toMatchObject({ retries: 2, dropped: 1 });
  });
});

test.each(HANDLERS)(
  'an item ends, becomes many, or has a wrong result, by itself: %s',
  async (handler) => {
    const letters: unknown[] = [];
    const pass = stage<typeof arrays.pass>({ module, handler: 'pass' });
    const one = handling({ handler, pieces: 3, onError: 'dead-letter' });
    const spec = {
      stages: [one, pass],
      workers: 1,
      onDeadLetter: ({ item }: DeadLetter) => void letters.push(item),
    } as const;
    await withPipeline(spec, async (pipeline) => {
      const acts = ['end', 'three', 'bad', undefined] as const;
      const source = items(16, (n) => (acts[n % 4] === undefined ? {} : { act: acts[n % 4]! }));
      const results = await collect(pipeline.run(source));
      const expected = sequence(0, 16).flatMap((n) => [[], [n, n, n], [], [n]][n % 4]!);
      expect(ns(results)).toEqual(expected);
      expect(results[0]!.items).toEqual(sequence(0, 16));
      expect(letters).toMatchObject([2, 6, 10, 14].map((n) => ({ n })));
      expect(pipeline.stats().stages[0]).toMatchObject({ ended: 4, errors: 4, deadLetters: 4 });
    });
  },
);

test.each(['exit', 'spin', 'hang'] as const)(
  'who ends the thread, or takes too long, is found among those of its call: %s',
  async (act) => {
    const letters: DeadLetter[] = [];
    const spec = {
      stages: [handling({ onError: 'dead-letter', ...(act === 'exit' ? {} : { timeoutMs: 200 }) })],
      workers: 1,
      attempts: 1,
      onDeadLetter: (letter: DeadLetter) => void letters.push(letter),
    } as const;
    await withPipeline(spec, async (pipeline) => {
      const results = await collect(pipeline.run(items(16, (n) => (n === 5 ? { act } : {}))));
      expect(ns(results)).toEqual(sequence(0, 16).filter((n) => n !== 5));
      for (const { n, items: together, attempt } of results) {
        expect(together).toEqual([n]);
        expect(attempt).toBeGreaterThan(0);
      }
      expect(letters).toMatchObject([{ item: { n: 5 }, crashes: 1 }]);
    });
  },
);

test('of a flow whose items end their threads one after the other, none is lost', async () => {
  const one = handling({ schedule: 'atomic', grain: 'fine', flow: 'keyOf' });
  await withPipeline({ stages: [one], workers: 2 }, async (pipeline) => {
    const source = items(600, (n) =>
      n % 200 === 150 ? { key: n % 7, act: 'exit', times: 2 } : { key: n % 7 },
    );
    expect(ns(await collect(pipeline.run(source)))).toEqual(sequence(0, 600));
    expect(pipeline.stats().crashes).toBe(6);
  });
});

test('an ordered stage keeps the order of items, whichever of them were called again', async () => {
  const one = handling({ schedule: 'ordered', onError: retrying(3, 'fail') });
  const keyless = stage<typeof arrays.follow>({
    module,
    handler: 'follow',
    schedule: 'sticky',
    flow: 'keyOfSeen',
  });
  await withPipeline({ stages: [one, keyless] }, async (pipeline) => {
    const source = items(800, (n) => (n % 50 === 7 ? { act: 'bad', times: 1 + (n % 3) } : {}));
    const results = await collect(pipeline.run(source));
    expect(ns(results)).toEqual(sequence(0, 800));
    expect(results.filter((result) => !result.isInOrder)).toEqual([]);
  });
});

test('each result may have memory of its own', async () => {
  for (const debug of [false, true]) {
    const outputs = stage<typeof arrays.outputs>({ module, handler: 'outputs', batch: 8 });
    await withPipeline({ stages: [outputs], workers: 1, debug }, async (pipeline) => {
      const results = await collect(pipeline.run(numbers(20)));
      expect(results.map((bytes) => [...bytes])).toEqual(sequence(0, 20).map((n) => [n, n, n, n]));
    });
  }
});

test('bytes arrive as they were, and in debug mode are taken away when the call is over', async () => {
  const echo = stage({ module, handler: 'echo', batch: 8 });
  for (const debug of [false, true]) {
    await withPipeline({ stages: [echo], workers: 1, debug }, async (pipeline) => {
      const source = sequence(0, 20).map((n) => (n % 2 ? Buffer.from([n]) : new Uint8Array([n])));
      expect(await collect(pipeline.run(source))).toEqual(source);
    });
  }
  const keep = stage<typeof arrays.keep>({ module, handler: 'keep', batch: 4 });
  await withPipeline({ stages: [keep], workers: 1, debug: true }, async (pipeline) => {
    const source = sequence(0, 12).map(() => new Uint8Array(10));
    expect(await collect(pipeline.run(source))).toEqual(source.map(() => 0));
  });
});

test('the signal is that of the run, for all items of a call', async () => {
  const words = new Words();
  const options = { module, handler: 'untilAborted', batch: 4, context: words.memory };
  const one = stage<typeof arrays.untilAborted>(options);
  await withPipeline({ stages: [one], workers: 1 }, async (pipeline) => {
    const abort = new AbortController();
    const run = collect(pipeline.run(numbers(4), { signal: abort.signal }));
    await words.until(0, 4);
    abort.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await words.until(1, 4);
  });
});

test.each([0, 257, 1.5, '8', true])('batch: %p is refused by name', async (batch) => {
  const one = stage({ module, handler: 'echo', batch: batch as number });
  await expect(withPipeline({ stages: [one] }, async () => {})).rejects.toMatchObject({
    code: 'ERR_DLB_INVALID_ARGUMENT',
    details: { field: 'stages[0].batch', 'stages[0].batch': batch },
  });
});
