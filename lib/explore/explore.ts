/**
 * Runs code of several threads in every order that their steps can have, on one thread.
 *
 * What it finds and what it does not is said in README.md.
 */
import { enterWorld } from './current.js';
import { misuse } from './errors.js';
import { Exploration } from './exploration.js';
import { parseSchedule, traceOf } from './report.js';
import type { Step } from './report.js';
import { Search } from './search.js';
import { watchViews } from './shared.js';
import { deadlock, located, outcomeOf, Tally } from './tally.js';
import type { Limits } from './tally.js';
import type { Prepared } from './thread.js';
import { World } from './world.js';

/** What a thread does, given what `memory` returned. It may run many times: see README.md. */
export type ThreadCode<M> = ((memory: M) => unknown) | PreparedCode<M, unknown>;

/** Made by `prepared`. */
export interface PreparedCode<M, R> {
  readonly setup: (memory: M) => unknown;
  readonly run: (state: never) => R;
}

/** What each thread returned. */
export type Results<T> = {
  readonly [Name in keyof T]: T[Name] extends (memory: never) => infer R
    ? R
    : T[Name] extends PreparedCode<never, infer R>
      ? R
      : unknown;
};

export interface Scenario<M, T = Threads<M>> {
  /** Makes the shared memory, with `shared`, and what else the threads are given. */
  readonly memory: () => M;
  /** By name. */
  readonly threads: T;
  /** What came of a schedule, in a few words. Default: the results of the threads, as JSON. */
  readonly final?: (memory: M, results: Results<T>) => string;
}

/** Threads by name. */
type Threads<M> = Readonly<Record<string, ThreadCode<M>>>;

export interface ExploreOptions extends Limits {
  /** One schedule of each set that differs only in the order of independent steps. */
  readonly reduce?: boolean;
  /** Steps of a schedule, all threads together; default 1000. */
  readonly steps?: number;
}

/**
 * A thread in two parts. `setup` makes what belongs to this thread alone, and runs before all
 * threads, at once; `run` gets what it returns, and is interleaved with the others.
 */
export function prepared<M, S, R>(
  setup: (memory: M) => S,
  run: (state: S) => R,
): PreparedCode<M, R> {
  return { setup, run };
}

/**
 * Runs a scenario in every order of its steps.
 * @throws ExploreError race, deadlock, threw: with the schedule that shows it;
 *                      limit: a schedule or the search got too long; misuse.
 */
export function explore<M, T extends Threads<M>>(
  scenario: Scenario<M, T>,
  options: ExploreOptions = {},
): Exploration {
  const { reduce = false, steps = 1000 } = options;
  return inWorld(scenario, (world, given) => {
    const tally = new Tally(world, scenario.final, given, options);
    const search = new Search(world, tally, reduce, steps);
    search.run();
    if (tally.error !== null) throw tally.error;
    const { outcomes, longest, cutOff } = tally;
    return new Exploration({
      schedules: tally.schedules,
      steps: search.steps,
      outcomes,
      longest,
      cutOff,
    });
  });
}

/** One schedule, step by step. */
export interface Replay {
  /** null if the schedule ends before the threads do. */
  readonly outcome: string | null;
  /** One line per step. */
  readonly trace: string;
}

/**
 * Runs a scenario in one order: the `schedule` of an ExploreError.
 * @throws ExploreError what the schedule shows; misuse: it does not fit the scenario.
 */
export function replay<M, T extends Threads<M>>(
  scenario: Scenario<M, T>,
  schedule: string,
): Replay {
  return inWorld(scenario, (world, given) => {
    const path: Step[] = [];
    for (const { name, choice } of parseSchedule(schedule)) {
      const thread = world.ready().find((each) => each.name === name);
      if (thread === undefined) throw misuse(`${name} has no step ${path.length + 1} to do`);
      const operation = thread.pending!;
      const seen = world.visible(thread)[choice];
      if (seen === undefined) throw misuse(`step ${path.length + 1} cannot see such a value`);
      const old = operation.element.get();
      world.step(thread, seen);
      path.push({ thread, operation, old, now: operation.element.get(), choice, seen });
      if (world.failure !== null) throw located(world.failure, world, path);
    }
    const isDone = world.threads.every((thread) => thread.status === 'done');
    if (!isDone && world.ready().length === 0) throw deadlock(world, path);
    const outcome = isDone ? outcomeOf(world, scenario.final, given, path) : null;
    return { outcome, trace: traceOf(world, path) };
  });
}

/** Calls `body` with the scenario at its beginning. */
function inWorld<M, T extends Threads<M>, R>(
  scenario: Scenario<M, T>,
  body: (world: World, given: M) => R,
): R {
  const names = Object.keys(scenario.threads);
  const odd = names.find((name) => !/^[^\s*~]+$/.test(name));
  if (odd !== undefined) throw misuse(`a thread cannot be called "${odd}"`);
  const world = new World();
  const before = enterWorld(world);
  const unwatch = watchViews(world);
  try {
    const given = scenario.memory();
    const bodies = names.map((name) => [name, bodyOf(scenario.threads[name]!)] as const);
    world.begin(bodies, given);
    if (world.failure !== null) throw world.failure;
    return body(world, given);
  } finally {
    unwatch();
    enterWorld(before);
  }
}

function bodyOf(code: ThreadCode<never>): Prepared {
  if (typeof code !== 'function') return code as Prepared;
  return { setup: (memory) => memory, run: code as (state: unknown) => unknown };
}
