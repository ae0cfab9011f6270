/** Handlers that only wait, messages offered at a rate: what is spent on them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuMeter } from '../cpu.js';
import { KeyChains, PipelineRig } from '../rigs/keyed-rigs.js';
import { withRigs } from '../rigs/rigs.js';
import type { Goal, Outcome, Run, Scenario } from '../scenario.js';
import { wait } from '../threads/pipeline-stages.js';
import type { KeyedItem } from '../threads/pipeline-stages.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
const CONCURRENCY = 256;
const ITEMS = 10_000;
const KEYS = 1000;
const PER_SECOND = 5000;
/** They come in as a socket gives them: some at a time. */
const TICK_MS = 2;
const LEAST_MS = 5;
const MOST_MS = 20;
const CHAINS = 'a promise chain per key';
const OURS = 'pipeline';
/** CPU by that of the chains. */
const CPU_GOAL = 5;

export const pipelineWaiting: Scenario = {
  name: 'pipeline-waiting',
  topology: 'main ──▶ [atomic] ──▶ W1,W2 ──▶ main   5 to 20 ms of waiting, 5 000 a second',
  about:
    'Messages of 1000 keys, 5 000 a second, each key in order; a handler waits 5 to 20 ms. A pipeline with 2 workers, 256 ' +
    'calls at once on each; a promise chain per key on the main thread. CPU time is that of the process.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const options = { handler: 'wait', schedule: 'atomic', concurrency: CONCURRENCY } as const;
      const rig = await open(PipelineRig.open<KeyedItem, number>(WORKERS, options));
      const cpu = new CpuMeter();
      const contestants = [
        cpu.of({ name: OURS, events: ITEMS, run: (count) => playPipeline(rig, count) }),
        cpu.of({ name: CHAINS, events: ITEMS, run: playChains }),
      ];
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: cpu.readings, goals: [goalOf(cpu)] };
    }),
};

/** As many as are due by now, tick by tick. */
async function* offered(count: number): AsyncGenerator<KeyedItem> {
  const startedAt = performance.now();
  for (let number = 0; number < count; number++) {
    const due = startedAt + (number * 1000) / PER_SECOND;
    while (performance.now() < due) await sleep(TICK_MS);
    yield { key: number % KEYS, number, ms: LEAST_MS + ((number * 7) % (MOST_MS - LEAST_MS + 1)) };
  }
}

async function playPipeline(
  { pipeline }: PipelineRig<KeyedItem, number>,
  count: number,
): Promise<Run> {
  const check = new Check();
  const flow = ({ key }: KeyedItem): number => key;
  for await (const number of pipeline.run(offered(count), { flow, order: 'as-completed' })) {
    check.see(number);
  }
  return check.finish(count);
}

async function playChains(count: number): Promise<Run> {
  const check = new Check();
  const chains = new KeyChains();
  const all: Promise<void>[] = [];
  for await (const item of offered(count)) {
    all.push(chains.add(item.key, async () => check.see(await wait(item))));
  }
  await Promise.all(all);
  return check.finish(count);
}

/** All have come, each key's in order. */
class Check {
  readonly #last = new Map<number, number>();
  readonly #startedAt = performance.now();
  #seen = 0;
  #wrong = 0;

  see(number: number): void {
    if ((this.#last.get(number % KEYS) ?? -1) >= number) this.#wrong++;
    this.#last.set(number % KEYS, number);
    this.#seen++;
  }

  finish(count: number): Run {
    const ms = performance.now() - this.#startedAt;
    const isGood = this.#seen === count && this.#wrong === 0;
    const problem = `seen=${this.#seen}, expected=${count}, out of order=${this.#wrong}`;
    return { ms, problems: isGood ? [] : [problem] };
  }
}

function goalOf(cpu: CpuMeter): Goal {
  const ratio = cpu.ratio(OURS, CHAINS);
  return {
    text: `${ratio.toFixed(1)} x the CPU of ${CHAINS}, at most ${CPU_GOAL}`,
    met: ratio <= CPU_GOAL,
  };
}
