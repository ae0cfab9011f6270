/** What the schedules of a search came to: outcomes, counts, or the first thing that is wrong. */
import { ExploreError } from './errors.js';
import type { Outcome } from './exploration.js';
import { scheduleOf, traceOf } from './report.js';
import type { Step } from './report.js';
import type { Visitor } from './search.js';
import type { World } from './world.js';

/** What makes an outcome of the end of a schedule. */
export type Final = ((memory: never, results: never) => string) | undefined;

/** What ends a search before all schedules are seen. */
export interface Limits {
  /** Schedules that get longer than `steps` are left and counted, in place of a failure. For code
   *  that tries again until another thread moves. */
  readonly cut?: boolean;
  /** Schedules; default a million. */
  readonly schedules?: number;
  /** The search ends at the first outcome that matches: what `never` then says comes sooner. */
  readonly until?: RegExp;
}

/** What the schedules seen so far came to. */
export class Tally implements Visitor {
  readonly outcomes = new Map<string, Outcome>();
  /** Steps of each thread, at most. */
  readonly longest: Record<string, number> = {};
  schedules = 0;
  cutOff = 0;
  error: ExploreError | null = null;
  readonly #end: (path: readonly Step[]) => string;
  readonly #world: World;
  readonly #most: number;
  readonly #cut: boolean;
  readonly #until: RegExp | undefined;

  constructor(world: World, final: Final, given: unknown, options: Limits) {
    this.#world = world;
    this.#end = (path) => outcomeOf(world, final, given, path);
    this.#most = options.schedules ?? 1_000_000;
    this.#cut = options.cut ?? false;
    this.#until = options.until;
  }

  complete(path: readonly Step[]): boolean {
    let outcome: string;
    try {
      outcome = this.#end(path);
      const known = this.outcomes.get(outcome);
      this.outcomes.set(outcome, {
        schedules: (known?.schedules ?? 0) + 1,
        schedule: known?.schedule ?? scheduleOf(path),
        trace: known?.trace ?? traceOf(this.#world, path),
      });
    } catch (error) {
      return this.#fail(error as ExploreError);
    }
    for (const { name, steps } of this.#world.threads) {
      this.longest[name] = Math.max(this.longest[name] ?? 0, steps);
    }
    return this.#count(path) && this.#until?.test(outcome) !== true;
  }

  stuck(path: readonly Step[]): boolean {
    return this.#fail(deadlock(this.#world, path));
  }

  failed(path: readonly Step[]): boolean {
    return this.#fail(located(this.#world.failure!, this.#world, path));
  }

  tooLong(path: readonly Step[]): boolean {
    this.cutOff++;
    if (this.#cut) return this.#count(path);
    const what = `a schedule has more than ${path.length} steps: does a thread spin until another moves?`;
    return this.#fail(located(new ExploreError('limit', what), this.#world, path));
  }

  #count(path: readonly Step[]): boolean {
    if (++this.schedules <= this.#most) return true;
    const what = `not all schedules are seen after ${this.#most}: use reduce, or fewer steps`;
    return this.#fail(located(new ExploreError('limit', what), this.#world, path));
  }

  #fail(error: ExploreError): false {
    this.error = error;
    return false;
  }
}

export function outcomeOf(
  world: World,
  final: Final,
  given: unknown,
  path: readonly Step[],
): string {
  const results: Record<string, unknown> = {};
  for (const { name, result } of world.threads) results[name] = result;
  if (final === undefined) return JSON.stringify(results);
  try {
    return final(given as never, results as never);
  } catch (cause) {
    if (cause instanceof ExploreError) throw located(cause, world, path);
    const what = `final threw: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw located(new ExploreError('threw', what, '', '', cause), world, path);
  }
}

export function deadlock(world: World, path: readonly Step[]): ExploreError {
  const parked = world.threads.filter((thread) => thread.status === 'parked');
  const names = parked.map(({ name }) => name).join(' and ');
  const what = `deadlock: ${names} waits, and nobody is left to notify`;
  return located(new ExploreError('deadlock', what), world, path);
}

/** The error with the schedule that led to it. */
export function located(error: ExploreError, world: World, path: readonly Step[]): ExploreError {
  const { finding, message, cause } = error;
  // The error itself tells where in the code under exploration it was.
  return new ExploreError(finding, message, scheduleOf(path), traceOf(world, path), cause ?? error);
}
