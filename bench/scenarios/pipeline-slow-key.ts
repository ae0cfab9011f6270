/** Work per key with a slow key among the others: what the others feel of it. */
import { Readable } from 'node:stream';
import { withRigs } from '../rigs/rigs.js';
import { inWindow, KeyChains, PipelineRig, PiscinaRig } from '../rigs/keyed-rigs.js';
import type { Contestant, Goal, Outcome, Reading, Run, Scenario } from '../scenario.js';
import { wait } from '../threads/pipeline-stages.js';
import type { KeyedItem } from '../threads/pipeline-stages.js';
import { measureInTurns, middle } from '../turns.js';

const WORKERS = 2;
const KEYS = 100;
const ITEMS = 5000;
/** One item in so many is of the slow key. */
const SLOW_EVERY = 20;
const SLOW_MS = 5;
const QUICK_MS = 1;
/** Calls in flight, of all together. */
const CONCURRENCY = 128;

/** A run, with how long the items of the other keys took from their start to their result. */
interface SlowKeyRun extends Run {
  readonly p99: number;
  readonly megabytes: number;
}

type Play = (items: readonly KeyedItem[], seen: Seen) => Promise<void>;

/** Takes note of results: in order per key, and when. */
class Seen {
  readonly begun = new Map<number, number>();
  readonly times: number[] = [];
  count = 0;
  wrong = 0;
  readonly #last = new Map<number, number>();

  begin(item: KeyedItem): KeyedItem {
    this.begun.set(item.number, performance.now());
    return item;
  }

  end(item: KeyedItem, result: number): void {
    this.count++;
    if (result !== item.number || (this.#last.get(item.key) ?? -1) >= result) this.wrong++;
    this.#last.set(item.key, result);
    if (item.key !== 0) this.times.push(performance.now() - this.begun.get(item.number)!);
  }
}

export const pipelineSlowKey: Scenario = {
  name: 'pipeline-slow-key',
  topology: 'main ──▶ [atomic] ──▶ W1,W2 ──▶ main   one key is slow',
  about:
    'Items of 100 keys, each key in order; an item waits 1 ms, of one key 5 ms, which has one item in 20. 128 in ' +
    'flight. Latency: of the other keys, from hand-over to result. One thread takes a twentieth of the items.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const options = {
        handler: 'wait',
        schedule: 'atomic',
        concurrency: CONCURRENCY / WORKERS,
      } as const;
      const rig = await open(PipelineRig.open<KeyedItem, number>(WORKERS, options));
      const piscina = await open(new PiscinaRig(WORKERS));
      const plays: [name: string, events: number, play: Play][] = [
        ['pipeline', ITEMS, (items, seen) => playPipeline(rig, items, seen)],
        ['piscina, a chain per key', ITEMS, (items, seen) => playPiscina(piscina, items, seen)],
        ['main thread, a chain per key', ITEMS, playChains],
        ['Readable.map, order of all', ITEMS, playReadable],
        ['one after another', ITEMS / 20, playSerial],
      ];
      const runs: SlowKeyRun[][] = plays.map(() => []);
      const contestants = plays.map(([name, events, play], i): Contestant => ({
        name,
        events,
        async run(count) {
          const run = await time(play, count);
          runs[i]!.push(run);
          return run;
        },
      }));
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const readings = plays.flatMap(([name], i) => readingsOf(name, runs[i]!));
      return { rows, readings, goals: goals(readings) };
    }),
};

async function time(play: Play, count: number): Promise<SlowKeyRun> {
  const items = Array.from({ length: count }, (_, number): KeyedItem => {
    const isSlow = number % SLOW_EVERY === 0;
    const key = isSlow ? 0 : 1 + (number % (KEYS - 1));
    return { key, number, ms: isSlow ? SLOW_MS : QUICK_MS };
  });
  const seen = new Seen();
  const before = process.memoryUsage().rss;
  const startedAt = performance.now();
  await play(items, seen);
  const ms = performance.now() - startedAt;
  const megabytes = Math.max(0, process.memoryUsage().rss - before) / 2 ** 20;
  const times = seen.times.toSorted((a, b) => a - b);
  const problems = [];
  if (seen.count !== count) problems.push(`seen=${seen.count}, expected=${count}`);
  if (seen.wrong > 0) problems.push(`out of order=${seen.wrong}`);
  return { ms, problems, p99: times[Math.floor(times.length * 0.99)] ?? 0, megabytes };
}

async function playPipeline(
  { pipeline }: PipelineRig<KeyedItem, number>,
  items: readonly KeyedItem[],
  seen: Seen,
): Promise<void> {
  const source = function* (): Generator<KeyedItem> {
    for (const item of items) yield seen.begin(item);
  };
  const options = {
    flow: (item: KeyedItem) => item.key,
    order: 'as-completed',
    window: CONCURRENCY,
  } as const;
  for await (const number of pipeline.run(source(), options)) seen.end(items[number]!, number);
}

function playPiscina(piscina: PiscinaRig, items: readonly KeyedItem[], seen: Seen): Promise<void> {
  return playInChains(items, seen, (item) => piscina.run('wait', item));
}

function playChains(items: readonly KeyedItem[], seen: Seen): Promise<void> {
  return playInChains(items, seen, wait);
}

function playInChains(
  items: readonly KeyedItem[],
  seen: Seen,
  work: (item: KeyedItem) => Promise<number>,
): Promise<void> {
  const chains = new KeyChains();
  return inWindow(items.length, CONCURRENCY, async (number) => {
    const item = seen.begin(items[number]!);
    // Noted in the chain: behind it, two of a key might be noted in another order.
    await chains.add(item.key, async () => seen.end(item, await work(item)));
  });
}

/** Keeps the order of all, not only of each key, and does not keep a key's items apart: those of the
 *  slow key wait beside each other. */
async function playReadable(items: readonly KeyedItem[], seen: Seen): Promise<void> {
  const source = Readable.from(items).map((item: KeyedItem) => wait(seen.begin(item)), {
    concurrency: CONCURRENCY,
  });
  for await (const number of source) seen.end(items[number as number]!, number as number);
}

async function playSerial(items: readonly KeyedItem[], seen: Seen): Promise<void> {
  for (const item of items) seen.end(item, await wait(seen.begin(item)));
}

function readingsOf(name: string, runs: readonly SlowKeyRun[]): Reading[] {
  const own = runs.slice(1);
  return [
    {
      name: `${name}: p99 of the other keys`,
      value: middle(own.map((run) => run.p99)),
      unit: 'ms',
    },
    {
      name: `${name}: memory`,
      value: Math.max(...own.map((run) => run.megabytes)),
      unit: 'MB more',
    },
  ];
}

function goals(readings: readonly Reading[]): Goal[] {
  const [ours, , piscina] = readings;
  const ratio = ours!.value / piscina!.value;
  return [
    {
      text: `p99 of the other keys: ${ratio.toFixed(2)} x piscina with a chain per key, at most 1`,
      met: ratio <= 1,
    },
  ];
}
