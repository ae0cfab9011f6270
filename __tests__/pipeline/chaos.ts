/**
 * Threads of a pipeline terminated at any moment while many items flow through three stages.
 *
 * The stages, the moments and the victims follow from the seed; moments are counted in results. What the
 * handlers see is written down by witnesses in shared memory, one per stage that has keys.
 */
import type { Worker } from 'node:worker_threads';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type { OutputOrder, Pipeline, Schedule } from '../../lib/pipeline/index.js';
import { Random } from '../stress/random.js';
import { keyed, KEYS, keyOf, placeOf } from './keyed.js';
import type * as keyedModule from './modules/keyed.js';
import { moduleUrl, turns } from './pipelines.js';
import { Threads } from './threads.js';
import { Witness } from './witness.js';

export interface ChaosSize {
  readonly items: number;
  readonly kills: number;
}

export interface ChaosPlan {
  readonly schedules: readonly [Schedule, Schedule, Schedule];
  readonly handlers: readonly ('visit' | 'stay' | 'pass' | 'settle')[];
  readonly order: OutputOrder;
  readonly workers: number;
  readonly bytes: number;
}

/** All zero, false and null: nothing is wrong. */
export interface ChaosFindings {
  readonly lost: number;
  readonly twice: number;
  /** Results that came out before one of their key that they followed. */
  readonly overtaken: number;
  /** Of all witnesses: calls for a key in two hands, or out of order. */
  readonly shared: number;
  readonly outOfOrder: number;
  readonly threadsLeft: number;
  readonly inFlight: number;
  readonly error: string | null;
}

export interface ChaosReport {
  readonly seed: number;
  readonly plan: ChaosPlan;
  readonly wrong: ChaosFindings;
  readonly counts: { kills: number; crashes: number; repeated: number; redeliveries: number };
}

const SCHEDULES = ['parallel', 'ordered', 'atomic', 'sticky'] as const;
/** No result for so long: they are stuck. */
const STUCK_MS = 20_000;

export function planOf(seed: number): ChaosPlan {
  const random = new Random(seed);
  const any = (): Schedule => random.pick(SCHEDULES);
  const schedules = random.onceIn(3)
    ? (['parallel', 'atomic', 'ordered'] as const)
    : ([any(), random.pick(['atomic', 'sticky'] as const), any()] as const);
  const handlers = schedules.map((schedule) => {
    const isAsync = random.onceIn(4);
    if (schedule === 'atomic' || schedule === 'sticky') return isAsync ? 'stay' : 'visit';
    return isAsync ? 'settle' : 'pass';
  });
  const order = random.pick(['in-order', 'as-completed'] as const);
  return { schedules, handlers, order, workers: random.within(2, 4), bytes: 64 };
}

export async function runChaos(seed: number, size: ChaosSize): Promise<ChaosReport> {
  const plan = planOf(seed);
  const witnesses = plan.schedules.map(() => new Witness());
  using threads = new Threads((thread) => witnesses.forEach((one) => one.markGone(thread)));
  const stages = plan.schedules.map((schedule, i) =>
    stage<typeof keyedModule.visit>({
      module: moduleUrl('keyed'),
      handler: plan.handlers[i]!,
      name: `${schedule}-${i}`,
      schedule,
      flow: 'keyOf',
      concurrency: 64,
      context: witnesses[i]!.memory,
    }),
  );
  const pipeline = await createPipeline({
    stages: [stages[0]!, stages[1]!, stages[2]!],
    workers: plan.workers,
    bytes: plan.bytes,
  });
  const crew = threads.present.slice(-plan.workers);
  const killer = new Killer(new Random(~seed), threads, crew, size);
  const seen = new Arrivals(plan);
  let error: string | null = null;
  try {
    await drain(pipeline, plan, size, killer, seen);
  } catch (reason) {
    error = String(reason);
  }
  const { crashes, inFlight, stages: stats } = pipeline.stats();
  await pipeline.close(error === null ? {} : { timeoutMs: 1000 });
  await turns();
  const isOrdered = (i: number): boolean => !plan.schedules.slice(0, i).includes('parallel');
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    seed,
    plan,
    wrong: {
      ...seen.findings(size.items),
      shared: sum(witnesses.map(({ wrong }) => wrong.shared)),
      outOfOrder: sum(witnesses.map(({ wrong }, i) => (isOrdered(i) ? wrong.overtaken : 0))),
      threadsLeft: threads.present.length,
      inFlight,
      error,
    },
    counts: {
      kills: killer.kills,
      crashes,
      repeated: sum(witnesses.map(({ repeated }) => repeated)),
      redeliveries: sum(stats.map(({ redeliveries }) => redeliveries)),
    },
  };
}

async function drain(
  pipeline: Pipeline<number, number>,
  plan: ChaosPlan,
  { items }: ChaosSize,
  killer: Killer,
  seen: Arrivals,
): Promise<void> {
  const stuck = new AbortController();
  const run = pipeline.run(keyed(items, KEYS), { order: plan.order, signal: stuck.signal });
  const abort = (): void => stuck.abort(new Error(`stuck: ${JSON.stringify(pipeline.stats())}`));
  let watch = setTimeout(abort, STUCK_MS);
  let since = performance.now();
  for await (const item of run) {
    seen.take(item);
    killer.pass();
    if (performance.now() - since < 1000) continue;
    clearTimeout(watch);
    watch = setTimeout(abort, STUCK_MS);
    since = performance.now();
  }
  clearTimeout(watch);
}

/** Terminates threads at moments that follow from the seed. */
class Killer {
  kills = 0;
  readonly #random: Random;
  readonly #threads: Threads;
  readonly #others: ReadonlySet<Worker>;
  readonly #moments: number[];
  readonly #victims = new Set<Worker>();
  #results = 0;

  constructor(random: Random, threads: Threads, crew: readonly Worker[], size: ChaosSize) {
    this.#random = random;
    this.#threads = threads;
    // The scheduler's thread is nobody's to kill.
    this.#others = new Set(threads.present.filter((worker) => !crew.includes(worker)));
    this.#moments = Array.from({ length: size.kills }, () => random.below(size.items));
    this.#moments.sort((a, b) => a - b);
  }

  /** A result has come out. */
  pass(): void {
    this.#results++;
    while (this.#moments.length > 0 && this.#moments[0]! <= this.#results) {
      this.#moments.shift();
      this.#kill();
    }
  }

  #kill(): void {
    const candidates = this.#threads.present.filter(
      (worker) => !this.#others.has(worker) && !this.#victims.has(worker),
    );
    if (candidates.length === 0) return;
    const victim = this.#random.pick(candidates);
    this.#victims.add(victim);
    this.kills++;
    void victim.terminate();
  }
}

/** What came out. */
class Arrivals {
  readonly #isKeyOrdered: boolean;
  readonly #isOrdered: boolean;
  readonly #seen = new Set<number>();
  readonly #next = new Int32Array(KEYS);
  #twice = 0;
  #overtaken = 0;
  #last = -1;

  constructor({ order, schedules }: ChaosPlan) {
    this.#isOrdered = order === 'in-order';
    this.#isKeyOrdered = this.#isOrdered || !schedules.includes('parallel');
  }

  take(item: number): void {
    if (this.#seen.has(item)) this.#twice++;
    this.#seen.add(item);
    const key = keyOf(item);
    const isNext = this.#isKeyOrdered ? placeOf(item) === this.#next[key]! : true;
    // Items are made in this order.
    if (!isNext || (this.#isOrdered && item <= this.#last)) this.#overtaken++;
    this.#next[key] = placeOf(item) + 1;
    this.#last = item;
  }

  findings(items: number): { lost: number; twice: number; overtaken: number } {
    let lost = 0;
    for (const item of keyed(items, KEYS)) if (!this.#seen.has(item)) lost++;
    return { lost, twice: this.#twice, overtaken: this.#overtaken };
  }
}
