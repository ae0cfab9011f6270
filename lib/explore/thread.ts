/**
 * A thread of a scenario: not parked in the middle of its code, but run again from its start for
 * every step. What its accesses returned is recorded; a run first repeats the record, then
 * performs one new step, goes on to the next, and is unwound there.
 */
import type { Clock } from './clock.js';
import { ExploreError, misuse } from './errors.js';
import type { Journal } from './journal.js';
import type { Kind, Operation } from './operation.js';
import { KINDS } from './operation.js';

/** Thrown out of a thread's code to end a run. Nobody sees it. */
class Unwind extends Error {}
export const UNWIND = new Unwind('ends a run of a thread under exploration: do not catch it');

/** More than a thread that can be explored makes, plain ones included: it would never end. */
const ACCESSES_MAX = 100_000;

/** What a thread does: all of it step by step, or a part before that no other sees. */
export interface Prepared {
  readonly setup: (memory: unknown) => unknown;
  readonly run: (state: unknown) => unknown;
}

/** ready: has a step to do; parked: waits to be notified; done: returned. */
type Status = 'ready' | 'parked' | 'done';

export class Thread {
  readonly index: number;
  readonly name: string;
  readonly body: Prepared;
  clock: Clock;
  status: Status = 'ready';
  /** The step it will do next. */
  pending: Operation | null = null;
  result: unknown;
  /** Steps done. */
  steps = 0;
  /** What its accesses were, and what they returned. */
  readonly #tags: number[] = [];
  readonly #values: number[] = [];

  constructor(index: number, name: string, body: Prepared, clock: Clock) {
    this.index = index;
    this.name = name;
    this.body = body;
    this.clock = clock;
  }

  get recorded(): number {
    return this.#tags.length;
  }

  record(kind: Kind, at: number, value: number): void {
    if (this.recorded === ACCESSES_MAX) {
      throw new ExploreError('limit', `${this.name} makes more than ${ACCESSES_MAX} accesses`);
    }
    this.#tags.push(tagOf(kind, at));
    this.#values.push(value);
  }

  /** What access number `position` returned. It has to be the access that it was. */
  recall(position: number, kind: Kind, at: number): number {
    if (this.#tags[position] !== tagOf(kind, at)) {
      throw misuse(
        `thread ${this.name} does not do the same when it is run again: it may keep state outside ` +
          'its function, or depend on time or chance',
      );
    }
    return this.#values[position]!;
  }

  /** Notes what it is now, before it is changed. */
  save(journal: Journal): void {
    const { clock, status, pending, result, steps, recorded } = this;
    journal.note(() => {
      Object.assign(this, { clock, status, pending, result, steps });
      this.#tags.length = recorded;
      this.#values.length = recorded;
    });
  }
}

function tagOf(kind: Kind, at: number): number {
  return at * KINDS.length + KINDS.indexOf(kind);
}

/** One run of a thread's code. */
export class Run {
  readonly thread: Thread;
  /** Accesses repeated or done. */
  position = 0;
  /** Unwound: what the code still does on its way out does not count. */
  over = false;
  /** In the part that no other thread sees the middle of. */
  settingUp = true;
  /** What its next step sees, if it may do one. */
  seen: number | undefined;
  /** Asked before each further step: what that sees, or undefined to stop there. */
  readonly goOn: (() => number | undefined) | undefined;
  /** False inside of `unordered`. */
  ordered = true;

  constructor(thread: Thread, goOn?: () => number | undefined) {
    this.thread = thread;
    this.goOn = goOn;
  }

  get repeating(): boolean {
    return this.position < this.thread.recorded;
  }

  repeat(kind: Kind, at: number): number {
    return this.thread.recall(this.position++, kind, at);
  }

  record(kind: Kind, at: number, value: number): number {
    this.thread.record(kind, at, value);
    this.position++;
    return value;
  }

  unwind(): never {
    this.over = true;
    throw UNWIND;
  }
}
