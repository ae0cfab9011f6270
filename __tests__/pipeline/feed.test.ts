/** A whole window is let in before the first result comes, and the thread has its turns meanwhile. */
import { Readable } from 'node:stream';
import { afterAll, expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { Pipeline } from '../../lib/pipeline/index.js';
import type * as meeting from './modules/meeting.js';
import { collect, moduleUrl, numbers, withPipeline } from './pipelines.js';
import { shared } from './shared.js';
import { Words } from './words.js';

const WINDOW = 600;
const words = new Words();
const meet = stage<typeof meeting.crowd>({
  module: moduleUrl('meeting'),
  handler: 'crowd',
  concurrency: 256,
  context: words.memory,
});
// Not one comes out before all are in.
const withMeeting = shared({ stages: [meet], workers: 3, window: WINDOW });
afterAll(() => words.set(1, 1));

/** Ready at once. */
async function* later(count: number): AsyncGenerator<number> {
  yield* numbers(count);
}

type Way = (pipeline: Pipeline<number, number>) => AsyncIterable<number>;
const WAYS: [name: string, way: Way][] = [
  ['run of a list', (pipeline) => pipeline.run([...numbers(WINDOW)])],
  ['run of a generator', (pipeline) => pipeline.run(numbers(WINDOW))],
  ['run of an async generator', (pipeline) => pipeline.run(later(WINDOW))],
  ['run of a Node stream', (pipeline) => pipeline.run(Readable.from(numbers(WINDOW)))],
  ['duplex', (pipeline) => Readable.from(numbers(WINDOW)).pipe(pipeline.duplex())],
  ['calls', (pipeline) => Readable.from(Array.from(numbers(WINDOW), (n) => pipeline.call(n)))],
  [
    'transform',
    (pipeline) => Readable.toWeb(Readable.from(numbers(WINDOW))).pipeThrough(pipeline.transform()),
  ],
];

test.each(WAYS)('S8: the window is full before a first result comes: %s', async (_, way) => {
  words.set(0, 0);
  words.set(1, 0);
  await withMeeting(async (pipeline) => {
    const results = collect(way(pipeline));
    await words.until(0, WINDOW);
    words.set(1, 1);
    expect(await results).toHaveLength(WINDOW);
  });
});

test('S8: two runs have a window between them, whoever is first', async () => {
  words.set(0, 0);
  words.set(1, 0);
  await withMeeting(async (pipeline) => {
    const runs = [pipeline.run(numbers(400)), pipeline.run(later(400))].map(collect);
    await words.until(0, WINDOW);
    words.set(1, 1);
    for (const run of runs) expect(await run).toEqual([...numbers(400)]);
  });
});

test.each(['sync', 'async'] as const)(
  'S8: letting in a large window does not keep the thread from its other work: %s',
  async (kind) => {
    const gate = new Words();
    const blocked = stage<typeof meeting.queue>({
      module: moduleUrl('meeting'),
      handler: 'queue',
      context: gate.memory,
    });
    // More than a run lets in at once.
    const window = 6000;
    await withPipeline({ stages: [blocked], workers: 1, window }, async (pipeline) => {
      let turns = 0;
      let pulled = 0;
      let turnsBetween = 0;
      function* source(): Generator<number> {
        const before = turns;
        while (pulled < window) {
          if (++pulled === window) turnsBetween = turns - before;
          yield pulled;
        }
      }
      async function* lazy(): AsyncGenerator<number> {
        yield* source();
      }
      const run = collect(pipeline.run(kind === 'sync' ? source() : lazy()));
      for (; pulled < window; turns++) await new Promise((resolve) => setImmediate(resolve));
      gate.set(1, 1);
      expect(await run).toHaveLength(window);
      expect(turnsBetween).toBeGreaterThan(0);
    });
  },
);
