/** What waits in a worker, for a promise, for its time or for its flow, takes its own place and no other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { stage } from '../../lib/pipeline/index.js';
import type { StageOptions } from '../../lib/pipeline/contract.js';
import type * as waiting from './modules/waiting.js';
import { moduleUrl, withPipeline } from './pipelines.js';
import { Words } from './words.js';

type Item = waiting.Item;
const BAD = 600;
const GOOD = 40;

function waitingStage(words: Words, options: Partial<StageOptions> = {}) {
  return stage<typeof waiting.work>({
    module: moduleUrl('waiting'),
    handler: 'work',
    context: words.memory,
    onError: { retries: 200, delayMs: 20, maxDelayMs: 20 },
    ...options,
  });
}

function items(count: number, of: (n: number) => Item): Item[] {
  return Array.from({ length: count }, (_, n) => of(n));
}

/** So that all of them are let in before a first one is done. */
async function* inParts(all: readonly Item[]): AsyncGenerator<Item> {
  for (const [n, each] of all.entries()) {
    if (n % 64 === 63) await sleep(1);
    yield each;
  }
}

const good = items(GOOD, (n) => ({ key: `good ${n % 8}` }));
const keyed = (how: Item['how'] & string): Item[] =>
  items(BAD, (n) => (n === 0 ? { key: 'bad', how } : { key: 'bad' }));

test.each([
  ['atomic, behind a promise', 'atomic', keyed('promise')],
  ['atomic, behind a retry', 'atomic', keyed('retry')],
  ['sticky, behind a retry', 'sticky', keyed('retry')],
  [
    'parallel, each for its own retry',
    'parallel',
    items(BAD, () => ({ key: 'bad', how: 'retry' })),
  ],
] as const)('S1: 600 items wait, and others are done meanwhile: %s', async (_, schedule, bad) => {
  const words = new Words();
  const flow = schedule === 'parallel' ? {} : { flow: 'keyOf' };
  const stages = [waitingStage(words, { schedule, ...flow })] as const;
  await withPipeline({ stages, workers: 1, order: 'as-completed' }, async (pipeline) => {
    const keys: string[] = [];
    for await (const key of pipeline.run(inParts([...bad, ...good]))) {
      if (keys.push(key) === GOOD) words.set(0, 1);
    }
    expect(keys.slice(0, GOOD).every((key) => key.startsWith('good'))).toBe(true);
    expect(keys).toHaveLength(BAD + GOOD);
  });
});

test.each([
  ['one of 16 places', 1, 16, 1],
  ['the only place of one of two workers', 2, 1, 1],
] as const)(
  'S1: a call that does not end takes %s, and nothing that came behind it',
  async (_, workers, concurrency, hanging) => {
    const stages = [waitingStage(new Words(), { concurrency })] as const;
    await withPipeline({ stages, workers }, async (pipeline) => {
      const ends = items(hanging, () => ({ key: '', how: 'for ever' })).map((each) =>
        pipeline.call(each).catch((error: unknown) => error),
      );
      for (let round = 0; round < 3; round++) {
        const calls = items(700, (n) => ({ key: `${n}` })).map((each) => pipeline.call(each));
        expect(await Promise.all(calls)).toEqual(
          items(700, (n) => ({ key: `${n}` })).map(({ key }) => key),
        );
      }
      await pipeline.close({ timeoutMs: 1 });
      expect(await Promise.all(ends)).toMatchObject([{ code: 'ERR_DLB_PIPELINE_CLOSED' }]);
    });
  },
);

test('S1: a call that does not end holds up neither suspects nor those behind them, and a killer beside it is found', async () => {
  const stages = [waitingStage(new Words())] as const;
  const letters: unknown[] = [];
  const onDeadLetter = ({ item }: { item: unknown }): void => void letters.push(item);
  const spec = { stages, workers: 1, attempts: 2, onDeadLetter, onCrash: (): void => {} };
  await withPipeline(spec, async (pipeline) => {
    const ends = pipeline.call({ key: '', how: 'for ever' }).catch((error: unknown) => error);
    const killer = { key: 'killer', how: 'exit' as const };
    const killed = expect(pipeline.call(killer)).rejects.toMatchObject({
      code: 'ERR_DLB_STAGE_FAILED',
    });
    expect(await pipeline.call({ key: 'behind them' })).toBe('behind them');
    await killed;
    expect(letters).toEqual([killer]);
    await pipeline.close({ timeoutMs: 1 });
    expect(await ends).toMatchObject({ code: 'ERR_DLB_PIPELINE_CLOSED' });
  });
});
