/** What becomes of an item whose handler threw: every policy, for handlers of both kinds. */
import { expect, test } from '@jest/globals';
import { DlbError } from '../../lib/eventdev/errors.js';
import { stage } from '../../lib/pipeline/index.js';
import type { DeadLetter, ErrorPolicy } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import type * as plain from './modules/plain.js';
import { keyed, keysOutOfOrder } from './keyed.js';
import {
  collect,
  gate,
  inNumericOrder,
  moduleUrl,
  numbers,
  retrying,
  withPipeline,
  turns,
} from './pipelines.js';
import { Witness } from './witness.js';

const FRAGILE = moduleUrl('fragile');
const double = stage<typeof plain.double>({ module: moduleUrl('plain'), handler: 'double' });
const HANDLERS = ['fail', 'failLater'] as const;

function failing(
  handler: (typeof HANDLERS)[number],
  onError: ErrorPolicy,
  context: fragile.Fragile,
  schedule: 'parallel' | 'ordered' | 'atomic' | 'sticky' = 'parallel',
  name: string = handler,
) {
  const common = { module: FRAGILE, handler, name, schedule, flow: 'keyOf' } as const;
  return stage<typeof fragile.fail>({ ...common, onError, context });
}

function partsOf({ name, message, code, cause }: fragile.WrongItem): unknown[] {
  return [name, message, code, cause];
}

test.each(HANDLERS)('fail: the run rejects and says what failed where: %s', async (handler) => {
  const stages = [double, failing(handler, 'fail', { wrong: [30] })] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const other = collect(pipeline.run(numbers(10)));
    const error: unknown = await collect(pipeline.run(numbers(100))).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DlbError);
    expect(error).toMatchObject({
      code: 'ERR_DLB_STAGE_FAILED',
      details: { stage: handler, flow: expect.any(Number), attempt: 0 },
    });
    const { cause, message } = error as DlbError & { cause: fragile.WrongItem };
    expect(partsOf(cause)).toEqual(['RangeError', 'wrong item 30', 'ERR_WRONG_ITEM', 30]);
    expect(cause.stack).toContain('fragile');
    for (const part of [handler, 'attempt=0', 'wrong item 30']) expect(message).toContain(part);
    // Nobody else is concerned.
    expect(await other).toHaveLength(10);
    await expect(pipeline.call(15)).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
    expect(await pipeline.call(16)).toBe(32);
    // Those that were in flight beside it come out, and nobody looks at them.
    while (pipeline.stats().inFlight > 0) await turns();
  });
});

test('a handler may throw what is no error', async () => {
  const stages = [
    stage<typeof fragile.throwText>({
      module: FRAGILE,
      handler: 'throwText',
      context: { wrong: [] },
    }),
  ] as const;
  await withPipeline({ stages }, async (pipeline) => {
    await expect(pipeline.call(7)).rejects.toMatchObject({ cause: 'text of 7' });
  });
});

test('an error with properties that cannot cross threads keeps the others, and what it is', async () => {
  const stages = [
    stage<typeof fragile.throwLoaded>({
      module: FRAGILE,
      handler: 'throwLoaded',
      context: { wrong: [] },
    }),
  ] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const error: unknown = await pipeline.call(7).catch((e: unknown) => e);
    const { name, message, stack, code } = (error as DlbError).cause as Error & { code: string };
    expect({ name, message, code }).toEqual({
      name: 'TypeError',
      message: 'loaded',
      code: 'ERR_LOADED',
    });
    expect(stack).toContain('throwLoaded');
  });
});

test('fail: pushes and drained reject with it as well', async () => {
  const stages = [failing('fail', 'fail', { wrong: [3] })] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const failed = { code: 'ERR_DLB_STAGE_FAILED' };
    const results = collect(pipeline.results());
    results.catch(() => {});
    for (const item of numbers(4)) await pipeline.push(item);
    await expect(pipeline.drained()).rejects.toMatchObject(failed);
    await expect(results).rejects.toMatchObject(failed);
    await expect(pipeline.push(5)).rejects.toMatchObject(failed);
    expect(await pipeline.call(5)).toBe(5);
  });
});

test.each(HANDLERS)('drop: the item ends there, counted: %s', async (handler) => {
  const wrong = [0, 7, 8, 99];
  const stages = [failing(handler, 'drop', { wrong }), double] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const expected = [...numbers(100)].filter((n) => !wrong.includes(n)).map((n) => 2 * n);
    expect(await collect(pipeline.run(numbers(100)))).toEqual(expected);
    expect(await pipeline.call(7)).toBeUndefined();
    const [first, second] = pipeline.stats().stages;
    expect(first).toMatchObject({ handled: 96, errors: 5, dropped: 5, ended: 0, deadLetters: 0 });
    expect(second).toMatchObject({ handled: 96 });
  });
});

test.each(HANDLERS)('dead-letter: the item is handed over with its error: %s', async (handler) => {
  const letters: DeadLetter[] = [];
  const stages = [double, failing(handler, 'dead-letter', { wrong: [14, 40] })] as const;
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  await withPipeline({ stages, onDeadLetter }, async (pipeline) => {
    const expected = [...numbers(50)].filter((n) => n !== 7 && n !== 20).map((n) => 2 * n);
    expect(await collect(pipeline.run(numbers(50)))).toEqual(expected);
    expect(inNumericOrder(letters.map(({ item }) => item as number))).toEqual([14, 40]);
    expect(letters[0]).toMatchObject({ stage: handler, attempts: 1, crashes: 0 });
    const { code, details, cause } = letters[0]!.error;
    expect(code).toBe('ERR_DLB_STAGE_FAILED');
    const item = letters[0]!.item as number;
    const parts = ['RangeError', `wrong item ${item}`, 'ERR_WRONG_ITEM', item];
    expect(partsOf(cause as fragile.WrongItem)).toEqual(parts);
    expect(details).toMatchObject({ stage: handler, flow: letters[0]!.flow, attempt: 0 });
    expect(pipeline.stats().stages[1]).toMatchObject({ deadLetters: 2, errors: 2, dropped: 0 });
    // Whoever waits for it is told.
    await expect(pipeline.call(7)).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
  });
});

test('dead letters that are being taken hold back the source', async () => {
  const taken = gate();
  let letters = 0;
  const stages = [failing('fail', 'dead-letter', { wrong: [...numbers(100)] })] as const;
  const onDeadLetter = async (): Promise<void> => {
    letters++;
    await taken.opened;
  };
  await withPipeline({ stages, onDeadLetter, window: 4 }, async (pipeline) => {
    let pulled = 0;
    const source = (function* () {
      for (const item of numbers(100)) {
        pulled++;
        yield item;
      }
    })();
    const results = collect(pipeline.run(source));
    while (letters < 4) await new Promise((resolve) => setImmediate(resolve));
    // A call finds no room either.
    const call = pipeline.call(1000);
    expect(letters).toBe(4);
    expect(pulled).toBeLessThanOrEqual(2 * 4);
    taken.open();
    expect(await results).toEqual([]);
    expect(await call).toBe(1000);
    expect(letters).toBe(100);
  });
});

test('a taker of dead letters that fails breaks the pipeline with its error', async () => {
  const reason = new Error('cannot take it');
  const stages = [failing('fail', 'dead-letter', { wrong: [5] })] as const;
  const onDeadLetter = (): never => {
    throw reason;
  };
  await withPipeline({ stages, onDeadLetter }, async (pipeline) => {
    await expect(collect(pipeline.run(numbers(10_000)))).rejects.toBe(reason);
    await expect(pipeline.call(1)).rejects.toBe(reason);
  });
});

test.each(HANDLERS)('retries: a key keeps its place and its exclusiveness: %s', async (handler) => {
  const policy = { retries: 2, delayMs: 2 };
  const witnesses = [new Witness(), new Witness()];
  // At every stage the same ones go wrong, twice.
  const wrong = [0, 1, 3000, 5001, 5002, 9003];
  const again = (schedule: 'ordered' | 'atomic' | 'sticky', witness?: Witness) => {
    const seen = witness === undefined ? {} : { witness: witness.memory };
    return failing(handler, policy, { wrong, times: 2, ...seen }, schedule, schedule);
  };
  const stages = [
    again('ordered'),
    again('atomic', witnesses[0]),
    again('sticky', witnesses[1]),
  ] as const;
  await withPipeline({ stages, order: 'as-completed' }, async (pipeline) => {
    const results = await collect(pipeline.run(keyed(200, 20)));
    expect(keysOutOfOrder(results)).toEqual([]);
    expect(inNumericOrder(results)).toEqual(inNumericOrder([...keyed(200, 20)]));
    for (const seen of witnesses) expect(seen.wrong).toEqual({ shared: 0, overtaken: 0 });
    for (const stats of pipeline.stats().stages) {
      expect(stats).toMatchObject({ handled: 200, retries: 12, errors: 12, redeliveries: 0 });
    }
  });
});

test('retries that all fail end as `then` says', async () => {
  const letters: DeadLetter[] = [];
  const onDeadLetter = (letter: DeadLetter): void => void letters.push(letter);
  const context = { wrong: [5] };
  const failed = { code: 'ERR_DLB_STAGE_FAILED', details: { attempt: 3 } };
  for (const then of ['fail', 'drop', 'dead-letter', undefined] as const) {
    const onError = then === undefined ? { retries: 3, delayMs: 0 } : retrying(3, then);
    const stages = [failing('fail', onError, context)] as const;
    await withPipeline({ stages, onDeadLetter }, async (pipeline) => {
      const run = collect(pipeline.run(numbers(10)));
      if (then === 'drop' || then === 'dead-letter') expect(await run).toHaveLength(9);
      else await expect(run).rejects.toMatchObject(failed);
      const [stats] = pipeline.stats().stages;
      const counts = {
        dropped: Number(then === 'drop'),
        deadLetters: Number(then === 'dead-letter'),
      };
      expect(stats).toMatchObject({ retries: 3, errors: 4, ...counts });
    });
  }
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({ item: 5, attempts: 4, crashes: 0 });
});
