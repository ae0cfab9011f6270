/** When nothing will come out any more, whoever waits for anything is told, at once, with the first reason. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { expect, test } from '@jest/globals';
import { Client } from '../../lib/cli/client.js';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import { ownRuntimeFolder } from '../control/runtime-folder.js';
import type * as stuck from './modules/stuck.js';
import { collect, moduleUrl, numbers, turns } from './pipelines.js';
import { Threads } from './threads.js';

const folder = ownRuntimeFolder();
const WINDOW = 4;
type Opened = Pipeline<number, number>;
/** Who waits, and for what. */
type Waiters = Readonly<Record<string, Promise<unknown>>>;

const silent = (): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
});
const reason = new Error('cannot store it');

async function setState(state: string): Promise<void> {
  const socket = readdirSync(folder()).find((name) => name.endsWith('.sock'))!;
  await new Client(join(folder(), socket)).put('/tree/domains/0/state', state);
}

/** Ways to break a pipeline, each with what everybody is told. */
const BREAKS = {
  'the scheduler dies': [
    async (_: Opened, threads: Threads) => void (await threads.started[0]!.terminate()),
    { code: 'ERR_DLB_SCHEDULER_FAILED' },
  ],
  'the domain is closed': [() => setState('closed'), { code: 'ERR_DLB_DOMAIN_CLOSED' }],
  'the domain is stopped': [() => setState('stopped'), { code: 'ERR_DLB_DOMAIN_NOT_STARTED' }],
  'a dead letter is not stored': [
    async (pipeline: Opened) => void pipeline.call(0).catch(() => {}),
    reason,
  ],
} as const;

/** Nothing is in flight: only sources, pushers and consumers could bring something about. */
function idleWaiters(pipeline: Opened): Waiters {
  const [duplex, written] = [pipeline.duplex(), pipeline.duplex()];
  written.write(1);
  const pair = pipeline.transform();
  const full = pipeline.transform();
  const writer = full.writable.getWriter();
  for (let i = 0; i <= WINDOW; i++) writer.write(1).catch(() => {});
  return {
    run: pipeline.run(silent()).next(),
    results: pipeline.results().next(),
    duplex: finished(duplex.resume()),
    'duplex that waits for its reader': finished(written),
    'transform, read': pair.readable.getReader().read(),
    'transform, written': pair.writable.getWriter().closed,
    'transform that waits for its reader': writer.closed,
  };
}

/** What is in flight never comes out, and there is no room. */
function fullWaiters(pipeline: Opened): Waiters {
  const calls = Array.from(numbers(WINDOW), () => pipeline.call(-1));
  return {
    calls: Promise.any(calls),
    'call that waits for room': pipeline.call(1),
    push: pipeline.push(1),
    'push behind it': pipeline.push(2),
    drained: pipeline.drained(),
    results: pipeline.results().next(),
    run: collect(pipeline.run(numbers(3))),
    duplex: finished(pipeline.duplex().end(1)),
    transform: pipeline.transform().writable.getWriter().write(1),
  };
}

async function open(): Promise<Opened> {
  return createPipeline({
    stages: [
      stage<typeof stuck.handle>({
        module: moduleUrl('stuck'),
        handler: 'handle',
        onError: 'dead-letter',
      }),
    ],
    workers: 1,
    window: WINDOW,
    control: true,
    onDeadLetter: () => {
      throw reason;
    },
  });
}

async function outcomes(waiters: Waiters): Promise<unknown[]> {
  const reasons = Object.entries(waiters).map(async ([name, waiter]) => [
    name,
    await waiter.then(
      (value) => ({ value }),
      (error: unknown) => (error instanceof AggregateError ? error.errors[0] : error),
    ),
  ]);
  return Promise.all(reasons);
}

async function expectBroken(pipeline: Opened, told: object): Promise<void> {
  const uses = {
    call: pipeline.call(1),
    run: (async () => pipeline.run([1]).next())(),
    results: pipeline.results().next(),
    push: pipeline.push(1),
    tryPush: (async () => pipeline.tryPush(1))(),
    drained: pipeline.drained(),
    duplex: (async () => pipeline.duplex())(),
    transform: (async () => pipeline.transform())(),
  };
  const expected = Object.keys(uses).map((name) => [name, told]);
  expect(await outcomes(uses)).toMatchObject(expected);
}

test.each(Object.keys(BREAKS) as (keyof typeof BREAKS)[])(
  'S5, S6: whoever waits with nothing in flight is told: %s',
  async (how) => {
    const [breakIt, told] = BREAKS[how];
    using threads = new Threads();
    const pipeline = await open();
    const waiters = idleWaiters(pipeline);
    const told1 = outcomes(waiters);
    // What was written comes out and waits to be read.
    while (pipeline.stats().inFlight > 0 || pipeline.stats().pushed === 0) await turns(1);
    await breakIt(pipeline, threads);
    expect(await told1).toMatchObject(Object.keys(waiters).map((name) => [name, told]));
    await expectBroken(pipeline, told);
    await pipeline.close();
    await expectBroken(pipeline, told);
    expect(threads.present).toEqual([]);
    expect(readdirSync(folder()).filter((name) => name.endsWith('.sock'))).toEqual([]);
  },
);

test.each(['the scheduler dies', 'the domain is closed', 'the domain is stopped'] as const)(
  'S5, S6: whoever waits with everything in flight is told, close as well: %s',
  async (how) => {
    const [breakIt, told] = BREAKS[how];
    using threads = new Threads();
    const pipeline = await open();
    const waiters = fullWaiters(pipeline);
    const all = outcomes(waiters);
    while (pipeline.stats().inFlight < WINDOW) await turns(1);
    await turns();
    await breakIt(pipeline, threads);
    expect(await all).toMatchObject(Object.keys(waiters).map((name) => [name, told]));
    await pipeline.close();
    expect(threads.present).toEqual([]);
  },
);

test('S5: a close that waits for what is in flight ends when the pipeline breaks', async () => {
  using threads = new Threads();
  const pipeline = await open();
  const call = pipeline.call(-1).catch((error: unknown) => error);
  while (pipeline.stats().stages[0]!.inFlight === 0) await turns(1);
  const closed = pipeline.close();
  await threads.started[0]!.terminate();
  await closed;
  expect(await call).toMatchObject({ code: 'ERR_DLB_SCHEDULER_FAILED' });
  expect(threads.present).toEqual([]);
});

test('S5: a reader of results keeps what was through when everything was', async () => {
  using threads = new Threads();
  const pipeline = await open();
  await pipeline.push(1);
  pipeline.end();
  await pipeline.drained();
  await threads.started[0]!.terminate();
  await expect(pipeline.call(1)).rejects.toMatchObject({ code: 'ERR_DLB_SCHEDULER_FAILED' });
  expect(await collect(pipeline.results())).toEqual([1]);
  await pipeline.close();
});

test('S5: an item whose toJSON pushes and calls does not take their places', async () => {
  const module = moduleUrl('stuck');
  const stages = [stage<typeof stuck.handle>({ module, handler: 'handle' })] as const;
  const pipeline = await createPipeline({ stages, workers: 1, codec: 'json' });
  const calls: Promise<unknown>[] = [];
  const item = {
    toJSON() {
      expect(pipeline.tryPush(2)).toBe(false);
      calls.push(pipeline.call(3));
      return 1;
    },
  };
  expect(await pipeline.call(item as never)).toBe(1);
  expect(await Promise.all(calls)).toEqual([3]);
  await pipeline.close();
});
