/** What of a run can be committed: per partition, up to which position every item is done. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPipeline, records, stage } from '../../lib/pipeline/index.js';
import type { PipelineRun, Position } from '../../lib/pipeline/index.js';
import { Positions } from '../../lib/pipeline/positions.js';
import type * as messages from './modules/messages.js';
import { collect, gate, moduleUrl, numbers, turns, withPipeline } from './pipelines.js';
import { shared } from './shared.js';

type Message = messages.Message;

const module = moduleUrl('messages');
const handle = stage<typeof messages.handle>({ module, handler: 'handle', onError: 'drop' });
const divide = stage<typeof messages.handle>({ module, handler: 'handle', pieces: 3 });
const echo = stage<typeof messages.echo>({ module, handler: 'echo' });
const withHandle = shared({ stages: [handle], window: 16 });
const ORDERS = ['in-order', 'as-completed'] as const;

const options = {
  partition: ({ partition }: Message) => partition,
  position: ({ offset }: Message) => offset,
};

function message(partition: string, offset: number, act?: Message['act']): Message {
  return act === undefined ? { partition, offset } : { partition, offset, act };
}

function plain(partition: string, count: number, act?: Message['act']): Message[] {
  return Array.from(numbers(count), (offset) => message(partition, offset, act));
}

function committed(run: PipelineRun): Record<string, Position> {
  return Object.fromEntries(run.committable());
}

/** Waits for what comes by itself. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turns(1);
}

test.each(ORDERS)('a result is done when the next is asked for: %s', async (order) => {
  await withHandle(async (pipeline) => {
    const run = pipeline.run(plain('a', 3), { ...options, order, window: 1 });
    expect(committed(run)).toEqual({});
    for (const offset of numbers(3)) {
      expect((await run.next()).value).toMatchObject({ offset });
      await turns();
      expect(committed(run)).toEqual(offset === 0 ? {} : { a: offset - 1 });
    }
    expect((await run.next()).done).toBe(true);
    expect(committed(run)).toEqual({ a: 2 });
  });
});

test.each(ORDERS)('items that end early or are dropped are done: %s', async (order) => {
  await withHandle(async (pipeline) => {
    const items = [...plain('a', 100, 'end'), ...plain('b', 70, 'fail')];
    const run = pipeline.run(items, { ...options, order });
    expect(await collect(run)).toEqual([]);
    expect(committed(run)).toEqual({ a: 99, b: 69 });
  });
});

test('one that is not done holds back its partition, and no other; gaps are allowed', async () => {
  await withPipeline({ stages: [handle], window: 16 }, async (pipeline) => {
    const abort = new AbortController();
    const items = [
      ...plain('a', 4, 'end'),
      message('a', 7, 'hang'),
      ...plain('b', 5000, 'end'),
      ...Array.from(numbers(500), (n) => message('a', 10 + n * 3, 'end')),
      message('b', 30_000, 'hang'),
    ];
    const { signal } = abort;
    const run = pipeline.run(items, { ...options, order: 'as-completed', signal });
    const ended = run.next();
    await until(() => pipeline.stats().pushed === items.length && pipeline.stats().inFlight === 2);
    expect(committed(run)).toEqual({ a: 3, b: 4999 });
    abort.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    expect(committed(run)).toEqual({ a: 3, b: 4999 });
    await pipeline.close({ timeoutMs: 1 });
  });
});

test('a dead letter is done when it is stored, whatever comes behind it', async () => {
  const storing = gate();
  const spec = {
    stages: [stage<typeof messages.handle>({ module, handler: 'handle', onError: 'dead-letter' })],
    onDeadLetter: () => storing.opened,
  } as const;
  await withPipeline(spec, async (pipeline) => {
    const items = [message('a', 1), message('a', 2, 'fail'), message('a', 3), message('b', 1)];
    const run = pipeline.run(items, options);
    for (const offset of [1, 3, 1]) expect((await run.next()).value).toMatchObject({ offset });
    const ended = run.next();
    await turns();
    expect(committed(run)).toEqual({ a: 1, b: 1 });
    storing.open();
    expect((await ended).done).toBe(true);
    expect(committed(run)).toEqual({ a: 3, b: 1 });
  });
});

test('a dead letter that is stored after its run was aborted is not told', async () => {
  const storing = gate();
  const burying = gate();
  const spec = {
    stages: [stage<typeof messages.handle>({ module, handler: 'handle', onError: 'dead-letter' })],
    onDeadLetter: () => {
      burying.open();
      return storing.opened;
    },
  } as const;
  await withPipeline(spec, async (pipeline) => {
    const abort = new AbortController();
    const items = [message('a', 1, 'end'), message('a', 2, 'fail')];
    const run = pipeline.run(items, { ...options, signal: abort.signal });
    const ended = run.next();
    await burying.opened;
    await turns();
    abort.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    storing.open();
    await turns();
    expect(committed(run)).toEqual({ a: 1 });
  });
});

test('a dead letter that cannot be stored is not done', async () => {
  const spec = {
    stages: [stage<typeof messages.handle>({ module, handler: 'handle', onError: 'dead-letter' })],
    onDeadLetter: () => Promise.reject(new Error('disk full')),
  } as const;
  await withPipeline(spec, async (pipeline) => {
    const items = [message('a', 1, 'end'), message('a', 2, 'fail'), message('a', 3, 'end')];
    const run = pipeline.run(items, { ...options, window: 1 });
    await expect(run.next()).rejects.toThrow('disk full');
    expect(committed(run)).toEqual({ a: 1 });
  });
});

test.each(ORDERS)('one that becomes many is done with the last of its parts: %s', async (order) => {
  for (const stages of [[handle], [divide, echo]] as const) {
    await withPipeline({ stages }, async (pipeline) => {
      const items = [message('a', 1, 'three'), message('a', 2, 'three')];
      const run = pipeline.run(items, { ...options, order, window: 1 });
      const seen: unknown[] = [];
      for await (const { offset } of run) seen.push([offset, committed(run)]);
      const before = [1, 1, 1].map((offset) => [offset, {}]);
      expect(seen).toEqual([...before, ...[2, 2, 2].map((offset) => [offset, { a: 1 }])]);
      expect(committed(run)).toEqual({ a: 2 });
    });
  }
});

test('positions may be bigints; without partitions all items are of one, named 0', async () => {
  await withHandle(async (pipeline) => {
    const big = 2n ** 60n;
    const run = pipeline.run(plain('a', 5), { position: ({ offset }) => big + BigInt(offset) });
    await collect(run);
    expect(run.committable()).toEqual(new Map([[0, big + 4n]]));
    const without = pipeline.run(plain('a', 5));
    await collect(without);
    expect(without.committable()).toEqual(new Map());
  });
});

test.each<[string, Message[], object, string]>([
  ['equal', [message('a', 1), message('a', 1)], {}, 'position'],
  ['falling', [message('a', 2), message('b', 1), message('a', 1)], {}, 'position'],
  ['no integer', [message('a', 1.5)], {}, 'position'],
  ['not exact', [message('a', 2 ** 53)], {}, 'position'],
  ['text', [message('a', 1)], { position: () => '1' }, 'position'],
  ['no partition', [message('a', 1)], { partition: () => undefined }, 'partition'],
])(
  'a position or partition that is wrong fails the run by name: %s',
  async (_, items, more, field) => {
    await withHandle(async (pipeline) => {
      const run = pipeline.run(items, { ...options, ...more });
      await expect(collect(run)).rejects.toMatchObject({
        code: 'ERR_DLB_INVALID_ARGUMENT',
        details: { field },
      });
    });
  },
);

test('options that are wrong are refused by name, and where nobody knows when a result is taken', async () => {
  await withHandle(async (pipeline) => {
    const refusal = (field: string): unknown =>
      expect.objectContaining({ details: expect.objectContaining({ field }) as unknown });
    for (const field of ['position', 'partition', 'onCommittable']) {
      const wrong = { ...options, [field]: 5 } as never;
      expect(() => pipeline.run([], wrong)).toThrow(refusal(field));
    }
    const { partition } = options;
    expect(() => pipeline.run([], { partition })).toThrow(refusal('partition'));
    expect(() => pipeline.run([], { onCommittable: () => {} })).toThrow(refusal('onCommittable'));
    const { position } = options;
    expect(() => pipeline.duplex({ position } as object)).toThrow(refusal('position'));
    expect(() => pipeline.transform({ position } as object)).toThrow(refusal('position'));
  });
});

test('onCommittable is told once per partition and turn, rising, and all before the end', async () => {
  await withHandle(async (pipeline) => {
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn++;
      if (!isOver) setImmediate(count);
    };
    count();
    const told: { partition: unknown; position: Position; turn: number }[] = [];
    const items = plain('a', 3000).flatMap((one) => [one, message('b', one.offset, 'end')]);
    const onCommittable = (partition: string | number, position: Position): void =>
      void told.push({ partition, position, turn });
    const run = pipeline.run(items, { ...options, onCommittable });
    await collect(run);
    isOver = true;
    for (const partition of ['a', 'b']) {
      const own = told.filter((one) => one.partition === partition);
      expect(own.at(-1)).toMatchObject({ position: 2999 });
      const positions = own.map(({ position }) => Number(position));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      // The last of them is told with the end.
      const inTurns = own.slice(0, -1).map((one) => one.turn);
      expect(new Set(inTurns).size).toBe(inTurns.length);
    }
  });
});

test('onCommittable is told while nothing comes out that could be taken', async () => {
  await withPipeline({ stages: [handle] }, async (pipeline) => {
    const abort = new AbortController();
    const items = [...plain('a', 5, 'end'), message('a', 5, 'hang')];
    const told = new Promise((resolve) => {
      const onCommittable = (_: unknown, position: Position): void => {
        if (position === 4) resolve(position);
      };
      const run = pipeline.run(items, { ...options, signal: abort.signal, onCommittable });
      run.next().catch(() => {});
    });
    expect(await told).toBe(4);
    abort.abort();
    await pipeline.close({ timeoutMs: 1 });
  });
});

test.each([3, 0])('what onCommittable throws fails the run: %i items behind', async (behind) => {
  await withHandle(async (pipeline) => {
    const onCommittable = (): never => {
      throw new Error('not now');
    };
    const items = [
      message('a', 0, 'end'),
      ...Array.from(numbers(behind), (n) => message('a', n + 1)),
    ];
    await expect(collect(pipeline.run(items, { ...options, onCommittable }))).rejects.toThrow(
      'not now',
    );
  });
});

test('a run that fails tells what was done before, and nothing that was in flight', async () => {
  const failing = stage<typeof messages.handle>({ module, handler: 'handle' });
  await withPipeline({ stages: [failing], workers: 1 }, async (pipeline) => {
    const told: Position[] = [];
    const onCommittable = (_: unknown, position: Position): void => void told.push(position);
    const items = [message('a', 1), message('a', 2), message('a', 3, 'fail'), message('a', 4)];
    const run = pipeline.run(items, { ...options, onCommittable, window: 2 });
    expect((await run.next()).value).toMatchObject({ offset: 1 });
    // Its consumer is done with the second when it asks for the next.
    expect((await run.next()).value).toMatchObject({ offset: 2 });
    await expect(run.next()).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
    expect(told.at(-1)).toBe(2);
    await turns();
    expect(committed(run)).toEqual({ a: 2 });
    expect(told.at(-1)).toBe(2);
  });
});

test('of a consumer that leaves, the result in its hand is not done', async () => {
  await withHandle(async (pipeline) => {
    const run = pipeline.run(plain('a', 10), options);
    for await (const { offset } of run) if (offset === 3) break;
    await run.next();
    await turns();
    expect(committed(run)).toEqual({ a: 2 });
  });
});

test('a run that closing cuts off has what was let in', async () => {
  const pipeline = await createPipeline({ workers: 1, window: 4, stages: [handle] });
  const run = pipeline.run(plain('a', 1000), options);
  await run.next();
  const closing = pipeline.close();
  const offsets: number[] = [];
  await expect(
    (async () => {
      for await (const { offset } of run) offsets.push(offset);
    })(),
  ).rejects.toMatchObject({ code: 'ERR_DLB_PIPELINE_CLOSED' });
  await closing;
  expect(committed(run)).toEqual({ a: offsets.at(-1) });
});

test('records are sources as well: their positions are those of the values', async () => {
  await withHandle(async (pipeline) => {
    const text = plain('a', 300).map((one) => JSON.stringify(one));
    const run = pipeline.run(records<Message>([text.join('\n')]), options);
    expect(await collect(run)).toHaveLength(300);
    expect(committed(run)).toEqual({ a: 299 });
  });
});

/** Of item `number`: what is done of it, in any order; the whole is done with the last. */
type Step = readonly [number: number, step: 'came out' | 'buried' | 'stored'];

test('done in any order, what can be committed is what a look at all items says', () => {
  const partitions = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(partitions, fc.infiniteStream(fc.nat()), (keys, chances) => {
      const chance = (below: number): number => chances.next().value! % below;
      const position = (n: number): number => n * 3;
      const positions = new Positions({ partition: (n) => keys[n]!, position });
      const left = keys.map(() => 1);
      const steps: Step[] = [];
      keys.forEach((_, n) => {
        positions.look(n);
        positions.enter(n);
        const letters = chance(3);
        for (let i = 0; i < letters; i++) steps.push([n, 'stored']);
        for (let i = 0; i < letters; i++) positions.buried(n);
        left[n]! += letters;
        steps.push([n, 'came out']);
      });
      while (steps.length > 0) {
        const [[n, step]] = steps.splice(chance(steps.length), 1) as [Step];
        if (step === 'stored') positions.stored(n);
        else positions.ready(n, 0);
        left[n]!--;
        const expected = new Map<number, number>();
        for (const key of new Set(keys)) {
          const own = [...keys.keys()].filter((at) => keys[at] === key);
          const pending = own.findIndex((at) => left[at]! > 0);
          const done = pending < 0 ? own.length : pending;
          if (done > 0) expected.set(key, position(own[done - 1]!));
        }
        expect(positions.committable).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
});
