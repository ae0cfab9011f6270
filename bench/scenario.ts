/** What a scenario is and what it hands back. */
import type { Progress } from './progress.js';

export interface Scenario {
  /** For --only. */
  readonly name: string;
  /** One line that draws who sends what to whom. */
  readonly topology: string;
  /** What is measured, in a sentence or two, with the settings that matter. */
  readonly about: string;
  /** Threads that are busy at the same time. */
  readonly threads: number;
  /** @throws CheckFailed */
  run(settings: Settings, progress: Progress): Promise<Outcome>;
}

export interface Settings {
  /** Repetitions of everything that is timed. */
  readonly runs: number;
  /** Events per repetition; undefined: each scenario's own number. */
  readonly events: number | undefined;
}

/** One repetition. */
export interface Run {
  readonly ms: number;
  /** Failed checks in words. */
  readonly problems: readonly string[];
}

export interface Contestant {
  readonly name: string;
  readonly events: number;
  run(events: number): Promise<Run> | Run;
}

export type Unit = 'events/s' | 'ns/event';

/** A contestant's repetitions, in the unit of the row. */
export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly events: number;
  readonly best: number;
  readonly median: number;
  readonly worst: number;
  /** (Slowest - fastest) / median of the times, in percent. */
  readonly spread: number;
  /** Times of all repetitions, shortest first. */
  readonly milliseconds: readonly number[];
  /** How many times as fast as this row the first one is, by the medians. */
  readonly ratio: number;
}

/** A number that is read once. */
export interface Reading {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A figure that the project wants; missing it fails nothing, since machines differ. */
export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly readings: readonly Reading[];
  readonly goals: readonly Goal[];
}

/** What was measured is not what should have happened: numbers of it would mean nothing. */
export class CheckFailed extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'CheckFailed';
    this.problems = problems;
  }
}
