/** Results that are like promises: what `await` makes of them, once. */
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import { answer, WAYS } from './modules/thenables.js';
import type * as thenables from './modules/thenables.js';
import { collect, moduleUrl, withPipeline } from './pipelines.js';

const module = moduleUrl('thenables');
const ROUNDS = 4;

const stages = [
  stage<typeof thenables.answer>({
    module,
    handler: 'answer',
    schedule: 'ordered',
    onError: 'dead-letter',
  }),
  stage<typeof thenables.same>({ module, handler: 'same' }),
] as const;

test('W2: a result that is like a promise is what await makes of it, once, and no other call gets it', async () => {
  const ways = Object.keys(WAYS) as thenables.Way[];
  const items = Array.from({ length: ROUNDS }, (_, round) =>
    ways.map((way, i) => ({ way, n: round * 100 + i })),
  ).flat();
  const values: unknown[] = [];
  const reasons: string[] = [];
  for (const item of items) {
    try {
      values.push(await answer(item));
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  const told: string[] = [];
  const onDeadLetter = ({ error }: { error: Error }): void =>
    void told.push((error.cause as Error).message);
  await withPipeline({ stages, workers: 1, onDeadLetter }, async (pipeline) => {
    expect(await collect(pipeline.run(items))).toEqual(values);
    expect(new Set(told)).toEqual(new Set(reasons));
    expect(told).toHaveLength(reasons.length);
    const { inFlight, crashes, stages: stats } = pipeline.stats();
    expect({ inFlight, crashes, waiting: stats.map((one) => one.inFlight) }).toEqual({
      inFlight: 0,
      crashes: 0,
      waiting: [0, 0],
    });
  });
});
