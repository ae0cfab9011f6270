/** What came of all schedules, and what may. */
import { ExploreError } from './errors.js';

/** What is known of the schedules that ended in one outcome. */
export interface Outcome {
  readonly schedules: number;
  /** The first of them, for `replay`, and its steps. */
  readonly schedule: string;
  readonly trace: string;
}

export class Exploration {
  /** Schedules seen. */
  readonly schedules: number;
  /** Schedules that were left because they got too long; counted in `schedules`. */
  readonly cutOff: number;
  /** Steps done, on all schedules together. */
  readonly steps: number;
  /** Steps of each thread on its longest schedule. */
  readonly longest: Readonly<Record<string, number>>;
  readonly outcomes: ReadonlyMap<string, Outcome>;

  constructor(seen: Pick<Exploration, 'schedules' | 'cutOff' | 'steps' | 'longest' | 'outcomes'>) {
    this.schedules = seen.schedules;
    this.cutOff = seen.cutOff;
    this.steps = seen.steps;
    this.longest = seen.longest;
    this.outcomes = seen.outcomes;
  }

  /**
   * These outcomes come about, and no others.
   * @throws ExploreError outcome: another does, or one of these does not.
   */
  allow(...allowed: readonly string[]): this {
    for (const [outcome, { schedule, trace }] of this.outcomes) {
      if (allowed.includes(outcome)) continue;
      throw new ExploreError('outcome', `not allowed: ${outcome}`, schedule, trace);
    }
    const missing = allowed.find((outcome) => !this.outcomes.has(outcome));
    if (missing === undefined) return this;
    throw new ExploreError('outcome', `allowed, but no schedule ends so: ${missing}`);
  }

  /**
   * No outcome is one of these, or matches one of these.
   * @throws ExploreError outcome: one does.
   */
  never(...forbidden: readonly (string | RegExp)[]): this {
    for (const [outcome, { schedule, trace }] of this.outcomes) {
      const found = forbidden.find((each) =>
        typeof each === 'string' ? each === outcome : each.test(outcome),
      );
      if (found === undefined) continue;
      throw new ExploreError('outcome', `never: ${outcome}`, schedule, trace);
    }
    return this;
  }
}
