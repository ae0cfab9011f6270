/** Items that travel together: nobody notices but by the price. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Board, COUNTS } from '../../lib/pipeline/board.js';
import { Folding } from '../../lib/pipeline/folding.js';
import { records, stage } from '../../lib/pipeline/index.js';
import type { DeadLetter } from '../../lib/pipeline/index.js';
import type { Settings } from '../../lib/pipeline/settings.js';
import { WarmUp } from '../../lib/pipeline/warm-up.js';
import type * as fragile from './modules/fragile.js';
import type * as packs from './modules/packs.js';
import type * as plain from './modules/plain.js';
import { keyed, keysOutOfOrder } from './keyed.js';
import {
  collect,
  inNumericOrder,
  moduleUrl,
  numbers,
  retrying,
  withPipeline,
} from './pipelines.js';
import { Threads } from './threads.js';
import { Witness } from './witness.js';

const module = moduleUrl('packs');
/** Enough that workers have found out how short the calls are. */
const WARM = 3000;

test('what is done of a pack goes on while a later call of it takes long', async () => {
  const memory = new SharedArrayBuffer(8);
  const words = new Int32Array(memory);
  const stages = [
    stage<typeof packs.block>({ module, handler: 'block', context: memory }),
  ] as const;
  const spec = { stages, workers: 1, order: 'as-completed' } as const;
  await withPipeline(spec, async (pipeline) => {
    await collect(pipeline.run(numbers(WARM)));
    const items = [...numbers(100), -1, ...numbers(100), -2, ...numbers(100)];
    const seen: number[] = [];
    const reading = (async () => {
      for await (const result of pipeline.run(items)) seen.push(result);
    })();
    const release = async (call: number): Promise<void> => {
      while (Atomics.load(words, 1) < call) await sleep(5);
      // For longer than it may take until what is done goes on.
      await sleep(20);
      Atomics.store(words, 0, call);
      Atomics.notify(words, 0);
    };
    await release(1);
    // Those before the second one, which blocks now, come.
    while (seen.length < 101) await sleep(5);
    expect(seen).toEqual(items.slice(0, seen.length));
    expect(seen).not.toContain(-2);
    await release(2);
    await reading;
    expect(seen).toEqual(items);
  });
});

test('a source may use its object again for the next item', async () => {
  const one = { n: 0, list: [0] };
  function* again(): Generator<typeof one> {
    for (let n = 0; n < WARM; n++) {
      one.n = n;
      one.list[0] = n;
      yield one;
    }
  }
  const stages = [stage({ module: moduleUrl('plain'), handler: 'echo' })] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const results = (await collect(pipeline.run(again()))) as (typeof one)[];
    expect(results.map(({ n, list }) => [n, list[0]])).toEqual(
      [...numbers(WARM)].map((n) => [n, n]),
    );
  });
});

test('what a handler does to its item is seen by no other try, and not in the dead letter', async () => {
  const letters: DeadLetter[] = [];
  const onError = retrying(1, 'dead-letter');
  const stages = [stage<typeof packs.spoil>({ module, handler: 'spoil', onError })] as const;
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  await withPipeline({ stages, onDeadLetter }, async (pipeline) => {
    const items = [...numbers(100)].map((n) => ({ n }));
    const results = await collect(pipeline.run(items));
    expect(results).toEqual(
      items.filter(({ n }) => n % 2 === 0).map((item) => ({ ...item, seen: false })),
    );
    const buried = letters.map(({ item }) => item as { n: number });
    expect(buried.toSorted((a, b) => a.n - b.n)).toEqual(items.filter(({ n }) => n % 2 === 1));
  });
});

test('results that take more room than their items all come out, in order', async () => {
  const stages = [
    stage<typeof packs.swell>({ module, handler: 'swell', schedule: 'ordered' }),
    stage({ module: moduleUrl('plain'), handler: 'echo' }),
  ] as const;
  await withPipeline({ stages }, async (pipeline) => {
    await collect(pipeline.run(numbers(WARM)));
    const results = await collect(pipeline.run(numbers(WARM)));
    expect(results).toEqual([...numbers(WARM)].map((n) => `${n} `.repeat(300)));
  });
});

test.each([
  ['die', 'exit', 'atomic'],
  ['die', 'exit', 'sticky'],
  ['dieLater', 'exit later', 'atomic'],
  ['dieLater', 'exit later', 'sticky'],
] as const)(
  'keys that travel together stay in order and in one hand each, through deaths: %s, %s, %s',
  async (handler, how, schedule) => {
    const seen = new Witness();
    const wrong = [3005, 20_019];
    const context = { wrong, times: 1, how, witness: seen.memory };
    using threads = new Threads((thread) => seen.markGone(thread));
    const common = { schedule, flow: 'keyOf', grain: 'coarse' } as const;
    const pass = stage<typeof plain.number>({
      module: moduleUrl('plain'),
      handler: 'number',
      schedule: 'ordered',
    });
    const die = stage<typeof fragile.die>({
      module: moduleUrl('fragile'),
      handler,
      ...common,
      context,
    });
    await withPipeline({ stages: [pass, die], order: 'as-completed' }, async (pipeline) => {
      const results = await collect(pipeline.run(keyed(WARM, 20)));
      expect(keysOutOfOrder(results)).toEqual([]);
      expect(inNumericOrder(results)).toEqual(inNumericOrder([...keyed(WARM, 20)]));
      expect(seen.wrong).toEqual({ shared: 0, overtaken: 0 });
    });
    expect(threads.present).toEqual([]);
  },
);

test('flows are folded when calls are short and nothing is in flight, and nobody is held up for long', async () => {
  const board = new Board(1, 4);
  const of = (schedule: string, grain = 'auto') => ({ schedule, grain, workers: 2 });
  const stages = [of('atomic'), of('atomic', 'fine'), of('sticky'), of('parallel')];
  let releases = 0;
  const settings = { workers: 1, stages } as unknown as Settings;
  const folding = new Folding(board, settings, () => void releases++);
  folding.look(1000);
  expect(folding.holdsBack(3000)).toBe(false);
  for (const i of stages.keys()) board.wish(0, i, 100);
  folding.look(1000);
  expect([folding.holdsBack(3000), folding.holdsBack(100)]).toEqual([true, true]);
  // Something stays in flight.
  while (folding.holdsBack(1)) await sleep(5);
  expect([releases, board.isCoarse(0)]).toEqual([1, false]);
  folding.look(1500);
  expect(folding.holdsBack(3000)).toBe(false);
  folding.look(2000);
  expect([folding.holdsBack(100), folding.holdsBack(0), folding.holdsBack(100)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([...stages.keys()].map((i) => board.isCoarse(i))).toEqual([true, false, false, false]);
  expect(board.groupOf(0, 17)).toBe(1);
  folding.look(4000);
  expect(folding.holdsBack(3000)).toBe(false);
});

test.each([1, 2])(
  'what waits in a worker for a place goes back to its queue, and no thread ends for it: of %i stages',
  async (count) => {
    const crashes: unknown[] = [];
    const waits = stage<typeof fragile.waits>({
      module: moduleUrl('fragile'),
      handler: 'waits',
      concurrency: 4,
      context: { wrong: [] },
    });
    const stages = count === 1 ? ([waits] as const) : ([waits, waits] as const);
    const onCrash = (crash: unknown): void => void crashes.push(crash);
    await withPipeline({ stages, workers: 2, onCrash }, async (pipeline) => {
      const items = [...numbers(48)];
      expect(await collect(pipeline.run(items))).toEqual(items);
      expect(crashes).toEqual([]);
    });
  },
);

test('until it is known how long calls take, a run lets in as many as its workers can have at once', async () => {
  const stages = [
    { concurrency: 1, workers: 2, batch: 0 },
    { concurrency: 5, workers: 2, batch: 10 },
  ];
  const settings = { workers: 2, stages } as unknown as Settings;
  const board = new Board(2, 2);
  const warmUp = new WarmUp(board, settings, () => {});
  expect([99, 100].map((inFlight) => warmUp.holdsBack(inFlight))).toEqual([false, true]);
  board.wish(1, 0, 256);
  expect(warmUp.holdsBack(100)).toBe(true);
  board.wish(0, 1, 1);
  expect(warmUp.holdsBack(5000)).toBe(false);
  // The second stage gets none.
  const other = new Board(2, 2);
  const second = new WarmUp(other, settings, () => {});
  other.add(0, 0, COUNTS.ITEMS, 500);
  expect(second.holdsBack(100)).toBe(true);
  other.add(1, 0, COUNTS.ITEMS, 300);
  expect(second.holdsBack(100)).toBe(false);
  // None has a call that is over: they may all wait for what is to come.
  let released = false;
  const third = new WarmUp(new Board(2, 2), settings, () => (released = true));
  expect(third.holdsBack(100)).toBe(true);
  while (!released) await sleep(5);
  expect(third.holdsBack(100)).toBe(false);
});

test('records are parsed by workers, and a line that is no JSON fails alone', async () => {
  const letters: DeadLetter[] = [];
  const stages = [
    stage({ module: moduleUrl('plain'), handler: 'echo', onError: 'dead-letter' }),
  ] as const;
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  const text = [...numbers(WARM)].map((n) => (n === 700 ? '{"n":' : `{"n":${n}}`)).join('\n');
  await withPipeline({ stages, onDeadLetter }, async (pipeline) => {
    const results = await collect(pipeline.run(records<{ n: number }>([Buffer.from(text)])));
    const rest = [...numbers(WARM)].filter((n) => n !== 700).map((n) => ({ n }));
    expect(results).toEqual(rest);
    expect(letters).toMatchObject([
      { error: { details: { reason: expect.stringContaining('JSON') } } },
    ]);
    // Where a key is made here, they are parsed here.
    const flow = ({ n }: { n: number }): number => n % 7;
    const byKey = pipeline.run(records<{ n: number }>(['{"n":1}\n{"n":2}\n']), { flow } as never);
    expect(await collect(byKey)).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

test('results of which only some need memory of their own go on beside the others', async () => {
  const stages = [
    stage<typeof packs.mixed>({ module, handler: 'mixed', pieces: 4, schedule: 'ordered' }),
    stage<typeof packs.count>({ module, handler: 'count', schedule: 'atomic', flow: 'firstOf' }),
  ] as const;
  await withPipeline({ stages, bytes: 256 }, async (pipeline) => {
    const results = await collect(pipeline.run(numbers(300)));
    const expected = [...numbers(300)].flatMap((n) => [1, 1000, n % 2 === 0 ? 1 : 1000, 2000]);
    expect(results).toEqual(expected);
  });
});
