/** Asynchronous work of some milliseconds, per key, many calls at once. */
import { withRigs } from '../rigs/rigs.js';
import { inWindow, KeyChains, PipelineRig } from '../rigs/keyed-rigs.js';
import type { Contestant, Goal, Outcome, Row, Run, Scenario } from '../scenario.js';
import { wait } from '../threads/pipeline-stages.js';
import type { KeyedItem } from '../threads/pipeline-stages.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
const ITEMS = 10_000;
const KEYS = 1000;
const MAX_MS = 5;
const CONCURRENCY = 64;
/** Of the serial run, which would take half a minute, so many items. */
const SERIAL_ITEMS = 200;
const GOAL = 20;

export const pipelineAsync: Scenario = {
  name: 'pipeline-async',
  topology: 'main ──▶ [atomic] ──▶ W1,W2 ──▶ main   0 to 5 ms of waiting',
  about:
    '10 000 items that wait 0 to 5 ms, of 1000 keys, each key in order; 2 workers with 64 calls at once. Against one after ' +
    'another, and a promise chain per key on the main thread, 128 at once.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const options = { handler: 'wait', schedule: 'atomic', concurrency: CONCURRENCY } as const;
      const { pipeline } = await open(PipelineRig.open<KeyedItem, number>(WORKERS, options));
      const flow = (item: KeyedItem): number => item.key;
      const contestants: Contestant[] = [
        {
          name: 'pipeline',
          events: ITEMS,
          run: (count) =>
            time(count, async (seen) => {
              for await (const number of pipeline.run(items(count), { flow })) seen(number);
            }),
        },
        {
          name: 'one after another',
          events: SERIAL_ITEMS,
          run: (count) =>
            time(count, async (seen) => {
              for (const item of items(count)) seen(await wait(item));
            }),
        },
        {
          name: 'main thread, a chain per key',
          events: ITEMS,
          run: (count) => time(count, (seen) => playChains(count, seen)),
        },
      ];
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: goals(rows) };
    }),
};

function* items(count: number): Generator<KeyedItem> {
  // 2.5 ms on average, whatever the number of items.
  for (let i = 0; i < count; i++) yield { key: i % KEYS, number: i, ms: (i * 7) % (MAX_MS + 1) };
}

async function playChains(count: number, seen: (number: number) => void): Promise<void> {
  const chains = new KeyChains();
  const all = [...items(count)];
  await inWindow(count, WORKERS * CONCURRENCY, async (number) => {
    const item = all[number]!;
    await chains.add(item.key, async () => seen(await wait(item)));
  });
}

/** Checks that all came, and each key's in order. */
async function time(
  count: number,
  play: (seen: (number: number) => void) => Promise<void>,
): Promise<Run> {
  const last = new Map<number, number>();
  let seen = 0;
  let wrong = 0;
  const startedAt = performance.now();
  await play((number) => {
    if ((last.get(number % KEYS) ?? -1) >= number) wrong++;
    last.set(number % KEYS, number);
    seen++;
  });
  const ms = performance.now() - startedAt;
  const isGood = seen === count && wrong === 0;
  return { ms, problems: isGood ? [] : [`seen=${seen}, expected=${count}, out of order=${wrong}`] };
}

function goals(rows: readonly Row[]): Goal[] {
  const { ratio } = rows[1]!;
  return [
    {
      text: `${ratio.toFixed(1)} x as fast as one after another, at least ${GOAL}`,
      met: ratio >= GOAL,
    },
  ];
}
