/** One call at a time there and back; and memory, while a slow consumer takes millions of results. */
import { setImmediate as turn } from 'node:timers/promises';
import { versions } from '../before.js';
import type { Pipeline } from '../../lib/index.js';
import { CpuMeter } from '../cpu.js';
import { STAGES } from '../rigs/keyed-rigs.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Goal, Outcome, Reading, Row, Run, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

type Numbers = Pipeline<number, number>;

const WORKERS = 2;
const CALLS = 5000;
const CALL = 'call and wait, one at a time';
/** What a call costs, by what it costs another version. */
const CALL_GOAL = 1;
const ITEMS = 500_000;
const FULL_ITEMS = 5_000_000;
const SLOW = 'a run whose consumer is slow';
/** Results that the slow consumer takes before it gives its turn away. */
const TAKEN = 100;
/** Memory is looked at so often, ... */
const LOOKS = 20;
/** ... and may have grown by so much from a quarter of the way on. */
const GROWTH_GOAL = 1.05;

export const pipelineCalls: Scenario = {
  name: 'pipeline-calls',
  topology: 'main ──▶ [stage] ──▶ W1,W2 ──▶ main   one at a time; a slow consumer',
  about:
    'createPipeline with one stage that hands numbers on, 2 workers. call(): the next when the one before has its result. ' +
    'A run of 500 000 items, with --full 5 000 000, whose consumer lets the event loop turn behind every 100 results: memory of the process.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const cpu = new CpuMeter();
      const all = await versions(settings.before);
      const contestants: Contestant[] = [];
      for (const { createPipeline, stage, suffix } of all) {
        const pass = stage<(n: number) => number>({ module: STAGES, handler: 'pass' });
        const pipeline = await open(createPipeline({ stages: [pass], workers: WORKERS }));
        const run = (count: number): Promise<Run> => playCalls(pipeline, count);
        const against = { name: CALL, label: 'this one' };
        contestants.push(cpu.of({ name: `${CALL}${suffix}`, events: CALLS, against, run }));
      }
      const memory = new Memory();
      const pass = all[0]!.stage<(n: number) => number>({ module: STAGES, handler: 'pass' });
      const slow = await open(all[0]!.createPipeline({ stages: [pass], workers: WORKERS }));
      contestants.push({
        name: SLOW,
        events: settings.full ? FULL_ITEMS : ITEMS,
        run: (count) => playSlowly(slow, count, memory),
      });
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const readings = [...cpu.readings, ...memory.readings];
      return { rows, readings, goals: [memory.goal, ...goalsOf(rows, all.length > 1)] };
    }),
};

async function playCalls(pipeline: Numbers, count: number): Promise<Run> {
  let wrong = 0;
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) if ((await pipeline.call(n)) !== n) wrong++;
  return finish(startedAt, count, count, wrong);
}

async function playSlowly(pipeline: Numbers, count: number, memory: Memory): Promise<Run> {
  let seen = 0;
  let wrong = 0;
  const every = Math.ceil(count / LOOKS);
  const startedAt = performance.now();
  memory.begin();
  for await (const n of pipeline.run(numbers(count))) {
    if (n !== seen++) wrong++;
    if (seen % TAKEN === 0) await turn();
    if (seen % every === 0) memory.look();
  }
  return finish(startedAt, seen, count, wrong);
}

function* numbers(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

/** Memory of the process in the last round. */
class Memory {
  #looks: number[] = [];

  begin(): void {
    this.#looks = [];
  }

  look(): void {
    this.#looks.push(process.memoryUsage.rss() / 2 ** 20);
  }

  get readings(): Reading[] {
    const most = Math.max(...this.#looks);
    return [{ name: `${SLOW}: memory of the process, most`, value: most, unit: 'MB' }];
  }

  get goal(): Goal {
    const quarter = this.#looks[Math.floor(this.#looks.length / 4)]!;
    const growth = Math.max(...this.#looks.slice(-2)) / quarter;
    return {
      text: `memory at the end: ${growth.toFixed(2)} x that at a quarter of the way, at most ${GROWTH_GOAL}`,
      met: growth <= GROWTH_GOAL,
    };
  }
}

function finish(startedAt: number, seen: number, count: number, wrong: number): Run {
  const ms = performance.now() - startedAt;
  const isGood = seen === count && wrong === 0;
  return { ms, problems: isGood ? [] : [`seen=${seen}, expected=${count}, wrong=${wrong}`] };
}

function goalsOf(rows: readonly Row[], hasBefore: boolean): Goal[] {
  if (!hasBefore) return [];
  const [, { ratio }] = rows as [Row, Row];
  return [
    {
      text: `a call takes ${(1 / ratio).toFixed(2)} x what it took before, at most ${CALL_GOAL}`,
      met: 1 / ratio <= CALL_GOAL,
    },
  ];
}
