/** What is told on node:diagnostics_channel. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type * as fragile from './modules/fragile.js';
import type * as plain from './modules/plain.js';
import { collect, moduleUrl, numbers, retrying, withPipeline } from './pipelines.js';

const EVENTS = ['start', 'error', 'crash', 'redelivery', 'drain'] as const;
type Told = [event: string, message: Record<string, unknown>];

/** What is told while `act` goes on. */
async function toldDuring(act: () => Promise<void>): Promise<Told[]> {
  const told: Told[] = [];
  const takers = EVENTS.map((event) => {
    const name = `softdlb:pipeline:${event}`;
    const take = (message: unknown): void =>
      void told.push([event, message as Record<string, unknown>]);
    subscribe(name, take);
    return () => unsubscribe(name, take);
  });
  await act().finally(() => takers.forEach((leave) => leave()));
  return told;
}

test('a quiet pipeline tells of its start and that it is empty', async () => {
  const number = stage<typeof plain.number>({ module: moduleUrl('plain'), handler: 'number' });
  const told = await toldDuring(() =>
    withPipeline({ stages: [number], name: 'quiet' }, async (pipeline) => {
      await collect(pipeline.run(numbers(10)));
    }),
  );
  expect(told[0]).toEqual(['start', { pipeline: 'quiet', stages: ['number'], workers: 2 }]);
  expect(told.length).toBeGreaterThan(1);
  for (const other of told.slice(1)) expect(other).toEqual(['drain', { pipeline: 'quiet' }]);
});

test('a thread that died, what it had held and what failed is told of', async () => {
  const die = stage<typeof fragile.die>({
    module: moduleUrl('fragile'),
    handler: 'die',
    context: { wrong: [5], times: 1, how: 'exit' },
  });
  const fail = stage<typeof fragile.fail>({
    module: moduleUrl('fragile'),
    handler: 'fail',
    onError: retrying(1, 'dead-letter'),
    context: { wrong: [7] },
  });
  const spec = { stages: [die, fail], name: 'loud', workers: 1, onDeadLetter: () => {} } as const;
  const told = await toldDuring(() =>
    withPipeline(spec, async (pipeline) => {
      for (const item of numbers(7)) expect(await pipeline.call(item)).toBe(item);
      await expect(pipeline.call(7)).rejects.toMatchObject({ code: 'ERR_DLB_STAGE_FAILED' });
    }),
  );
  expect(told.map(([event]) => event)).toEqual(['start', 'crash', 'redelivery', 'error', 'drain']);
  const of = (event: string): unknown => told.find(([name]) => name === event)![1];
  const pipeline = 'loud';
  expect(of('crash')).toMatchObject({ pipeline, worker: 0, cause: expect.anything() });
  expect(of('redelivery')).toMatchObject({ pipeline, worker: 0 });
  expect(of('error')).toMatchObject({
    pipeline,
    stage: 'fail',
    flow: 0,
    attempt: 1,
    error: { code: 'ERR_DLB_STAGE_FAILED', cause: { message: 'wrong item 7' } },
  });
});
