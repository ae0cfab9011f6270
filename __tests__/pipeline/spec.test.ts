/** Wrong specifications: each is refused with the field's name and its value, and no thread is left. */
import { expect, test } from '@jest/globals';
import { DlbError } from '../../lib/eventdev/errors.js';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { PipelineSpec, StageOptions } from '../../lib/pipeline/index.js';
import { collect, moduleUrl, retrying, withPipeline } from './pipelines.js';
import { Threads } from './threads.js';

const module = moduleUrl('plain');
const GOOD = stage({ module });

/** @throws unless the specification is refused. */
async function refusalOf(spec: unknown): Promise<DlbError> {
  using threads = new Threads();
  const error: unknown = await createPipeline(spec as PipelineSpec).then(
    (pipeline) => pipeline.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DlbError);
  expect(threads.present).toEqual([]);
  return error as DlbError;
}

function expectRefusal(error: DlbError, field: string, value: unknown): void {
  expect(error).toMatchObject({ code: 'ERR_DLB_INVALID_ARGUMENT', details: { field } });
  expect(error.message).toContain(field);
  // What has no short text is described by its kind.
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  if (isPlain) expect(error.message).toContain(`${field}=${String(value)}`);
}

const WRONG: [field: string, value: unknown][] = [
  ['stages', undefined],
  ['stages', []],
  ['stages', 'echo'],
  ['name', ''],
  ['name', 7],
  ['workers', 0],
  ['workers', 64],
  ['workers', 1.5],
  ['workers', '2'],
  ['workers', NaN],
  ['window', 0],
  ['window', 65_537],
  ['bytes', 63],
  ['bytes', 1_048_577],
  ['largeBytes', 0],
  ['largeBytes', -1],
  ['codec', 'text'],
  ['order', 'sorted'],
  ['attempts', 0],
  ['attempts', 256],
  ['onDeadLetter', 'print'],
  ['onStats', {}],
  ['statsIntervalMs', 0],
  ['statsIntervalMs', 2 ** 31],
  ['setupTimeoutMs', 0],
  ['setupTimeoutMs', 2 ** 31],
  ['debug', 'yes'],
  ['resourceLimits', 5],
  ['resourceLimits', null],
  ['worker', 2],
];

test.each(WRONG)('%s: %p is refused', async (field, value) => {
  expectRefusal(await refusalOf({ stages: [GOOD], [field]: value }), field, value);
});

test.each([
  ['maxOldGenerationSizeMb', 'much'],
  ['stackSizeMb', -1],
  ['maxOld', 64],
])('resourceLimits.%s: %p is refused', async (limit, value) => {
  const error = await refusalOf({ stages: [GOOD], resourceLimits: { [limit]: value } });
  expectRefusal(error, `resourceLimits.${limit}`, value);
});

test.each([[undefined], [null], [5]])('a specification %p is refused', async (spec) => {
  expectRefusal(await refusalOf(spec), 'spec', spec);
});

const WRONG_IN_STAGE: [field: Extract<keyof StageOptions, string> | 'modul', value: unknown][] = [
  ['name', ''],
  ['name', 7],
  ['module', undefined],
  ['module', './plain.js'],
  ['module', 7],
  ['handler', ''],
  ['handler', () => {}],
  ['schedule', 'fair'],
  ['flow', 5],
  ['flow', ''],
  ['priority', -1],
  ['priority', 256],
  ['workers', 0],
  ['workers', 3],
  ['concurrency', 0],
  ['concurrency', 257],
  ['codec', 'text'],
  ['timeoutMs', 0],
  ['timeoutMs', '10'],
  ['timeoutMs', 2 ** 31],
  ['onError', 'ignore'],
  ['onError', 'dead-letter'],
  ['pieces', 0],
  ['pieces', 1025],
  ['context', () => {}],
  ['modul', 'plain.js'],
];

test.each(WRONG_IN_STAGE)('stages[1].%s: %p is refused', async (field, value) => {
  const wrong = stage({ module, name: 'second', [field]: value });
  const spec = { workers: 2, stages: [GOOD, wrong, stage({ module, name: 'third' })] };
  expectRefusal(await refusalOf(spec), `stages[1].${field}`, value);
});

test.each(WRONG_IN_STAGE)('stages[0].%s: %p is refused in an only stage', async (field, value) => {
  const spec = { workers: 2, stages: [stage({ module, [field]: value })] };
  expectRefusal(await refusalOf(spec), `stages[0].${field}`, value);
});

test.each(WRONG_IN_STAGE)('stages[1].%s: %p is refused in a plain object', async (field, value) => {
  const wrong = { module, name: 'second', [field]: value };
  expectRefusal(
    await refusalOf({ workers: 2, stages: [GOOD, wrong, { module }] }),
    `stages[1].${field}`,
    value,
  );
});

test.each([
  ['retries', 0],
  ['retries', 1001],
  ['retries', undefined],
  ['delayMs', -1],
  ['maxDelayMs', 5],
  ['then', 'ignore'],
  ['then', 'dead-letter'],
  ['delay', 5],
])('stages[0].onError.%s: %p is refused', async (field, value) => {
  const onError = { retries: 1, delayMs: 10, [field]: value };
  const error = await refusalOf({ stages: [stage({ module, onError })] });
  expectRefusal(error, `stages[0].onError.${field}`, value);
});

test.each([[undefined], [[]], [{ options: null }], ['plain.js'], [new URL('file:///plain.js')]])(
  'a stage %p is refused',
  async (wrong) => {
    expectRefusal(await refusalOf({ stages: [GOOD, wrong] }), 'stages[1]', wrong);
  },
);

test('a key function of any stage but the first is refused: it could not cross threads', async () => {
  const keyed = stage({ module, name: 'second', flow: () => 1 });
  expectRefusal(await refusalOf({ stages: [GOOD, keyed] }), 'stages[1].flow', undefined);
});

test('two stages of one name are refused', async () => {
  const named = stage({ module, name: 'same' });
  expectRefusal(await refusalOf({ stages: [named, GOOD, named] }), 'stages[2].name', 'same');
});

test('stages of one handler are told apart by a number, whatever names are given', async () => {
  const echo = { module, handler: 'echo' };
  const stages = [echo, echo, { ...echo, name: 'echo-2' }, { module }, echo] as const;
  await withPipeline({ stages }, async (pipeline) => {
    const names = ['echo', 'echo-3', 'echo-2', 'stage-4', 'echo-4'];
    expect(pipeline.stats().stages.map(({ name }) => name)).toEqual(names);
  });
});

test('the limits themselves are accepted', async () => {
  const stages = [
    stage({
      module,
      name: 'all',
      priority: 0,
      workers: 1,
      concurrency: 256,
      timeoutMs: 2 ** 31 - 1,
      pieces: 1024,
      onError: { ...retrying(1000, 'drop'), maxDelayMs: 0 },
      context: { any: new Map([[1, 2n]]) },
    }),
    stage({ module, priority: 255 }),
  ] as const;
  const spec = { stages, workers: 1, window: 1, bytes: 64, largeBytes: 1, attempts: 255 };
  await withPipeline(spec, async (pipeline) => {
    expect(await pipeline.call(1)).toBe(1);
    expect(pipeline).toMatchObject({ name: 'pipeline', workers: 1 });
    expect(pipeline.stats().stages.map(({ name }) => name)).toEqual(['all', 'stage-2']);
  });
});

test('a wrong option of a run, a call, a push or an end is refused, and the pipeline goes on', async () => {
  await withPipeline({ stages: [GOOD] }, async (pipeline) => {
    for (const [field, value] of WRONG_IN_RUN) {
      const run = async (): Promise<unknown> => collect(pipeline.run([1], { [field]: value }));
      expectRefusal(await rejectionOf(run), field, value);
    }
    for (const source of [5, null, undefined, {}]) {
      const run = async (): Promise<unknown> => collect(pipeline.run(source as never));
      expectRefusal(await rejectionOf(run), 'source', undefined);
    }
    for (const [field, value] of WRONG_IN_ITEM) {
      const options = { [field]: value };
      expectRefusal(await rejectionOf(() => pipeline.call(1, options)), field, value);
      expectRefusal(await rejectionOf(() => pipeline.push(1, options)), field, value);
      expectRefusal(await rejectionOf(async () => pipeline.tryPush(1, options)), field, value);
    }
    expect(await collect(pipeline.run([1]))).toEqual([1]);
    expect(await pipeline.call(2)).toBe(2);
  });
});

test('a close with a wrong time is refused, and the pipeline goes on', async () => {
  await withPipeline({ stages: [GOOD] }, async (pipeline) => {
    for (const timeoutMs of [-1, NaN, '10' as never]) {
      expectRefusal(await rejectionOf(() => pipeline.close({ timeoutMs })), 'timeoutMs', timeoutMs);
    }
    expect(await pipeline.call(1)).toBe(1);
  });
});

const WRONG_IN_RUN: [field: string, value: unknown][] = [
  ['window', 0],
  ['window', 65_537],
  ['order', 'sorted'],
  ['priority', 256],
  ['priority', 'high'],
  ['flow', () => ({})],
];
const WRONG_IN_ITEM: [field: string, value: unknown][] = [
  ['priority', -1],
  ['flow', {}],
];

async function rejectionOf(act: () => Promise<unknown>): Promise<DlbError> {
  const error: unknown = await act().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DlbError);
  return error as DlbError;
}
