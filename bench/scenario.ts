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
  /** Only with --full, or when it is named. */
  readonly fullOnly?: boolean;
  /** @throws CheckFailed */
  run(settings: Settings, progress: Progress): Promise<Outcome>;
}

export interface Settings {
  /** Repetitions of everything that is timed. */
  readonly runs: number;
  /** Events per repetition; undefined: each scenario's own number. */
  readonly events: number | undefined;
  /** Everything, opponents included that take long. */
  readonly full: boolean;
  /** Folder of another version, installed, that plays beside this one. */
  readonly before: string | undefined;
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
  /** Whom it is compared with; left out: the first of all. */
  readonly against?: Rival;
  run(events: number): Promise<Run> | Run;
}

export interface Rival {
  /** Its row's whole name. */
  readonly name: string;
  /** The same in a word or two, for a table's cell. */
  readonly label: string;
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
  /** Times of all repetitions, in their order. */
  readonly milliseconds: readonly number[];
  /** What an event costs here, by what it costs the rival: the median over the rounds. */
  readonly ratio: number;
  /** The rival's label. */
  readonly rival: string;
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

/** Lines over one axis, for --plots. */
export interface Plot {
  /** The file's name without its ending. */
  readonly file: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly readings: readonly Reading[];
  readonly goals: readonly Goal[];
  /** What a reader has to know about these figures, or how to get those that are missing. */
  readonly notes?: readonly string[];
  readonly plots?: readonly Plot[];
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
