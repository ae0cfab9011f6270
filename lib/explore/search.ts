/**
 * Depth-first search over all schedules, or, with reduction, over one of each set of schedules
 * that differ only in the order of independent steps.
 *
 * Algorithm: source sets of Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order
 * reduction" (2014), with Godefroid's sleep sets. Two steps are dependent if they touch one word and one of them writes it, parks on
 * it or wakes whoever does. Plain accesses need not be looked at: if they mattered, they race.
 */
import type { Clock } from './clock.js';
import { joined, withTime, zeroClock } from './clock.js';
import { dependent } from './operation.js';
import type { Operation } from './operation.js';
import type { Step } from './report.js';
import type { Thread } from './thread.js';
import type { World } from './world.js';

/** What a search tells as it goes. False ends it. */
export interface Visitor {
  /** All threads are done. */
  complete(path: readonly Step[]): boolean;
  /** Nobody can go on, though some are not done. */
  stuck(path: readonly Step[]): boolean;
  /** The last step of the path showed something wrong. */
  failed(path: readonly Step[]): boolean;
  /** The path is as long as it may be. */
  tooLong(path: readonly Step[]): boolean;
}

/** A moment of the schedule under way: who could go on, who has to be tried, who is now. */
interface Moment {
  readonly ready: readonly number[];
  /** Those of them that are not asleep, in the order in which they are tried. */
  readonly order: readonly number[];
  readonly toTry: Set<number>;
  /** Tried here, or asleep: tried before, and has not met a dependent step since. */
  readonly tried: Set<number>;
  /** How to come back here. */
  readonly mark: number;
  readonly depth: number;
  now: Turn | null;
}

/** A step that is being tried. */
interface Turn {
  readonly thread: Thread;
  readonly operation: Operation;
  /** What the word is before it. */
  readonly old: number;
  /** The values that it may see, and the number of the one that it does. */
  readonly values: readonly number[];
  readonly choice: number;
}

/** A step with its place in the order that dependence gives. */
interface Placed extends Step {
  readonly moment: Moment;
  /** Number of the step among those of its thread. */
  readonly time: number;
  readonly after: Clock;
}

export class Search {
  readonly #world: World;
  readonly #visitor: Visitor;
  readonly #reduce: boolean;
  readonly #longest: number;
  readonly #path: Placed[] = [];
  readonly #moments: Moment[] = [];
  /** Per thread: the steps that its own depend on. */
  readonly #after: Clock[];
  #over = false;
  /** The step under way has been placed. */
  #placed = false;
  /** Steps done, on all schedules. */
  steps = 0;

  constructor(world: World, visitor: Visitor, reduce: boolean, longest: number) {
    this.#world = world;
    this.#visitor = visitor;
    this.#reduce = reduce;
    this.#longest = longest;
    this.#after = world.threads.map(() => zeroClock(world.threads.length));
  }

  run(): void {
    this.#open(new Set());
    for (let moment = this.#moments.at(-1); moment !== undefined; moment = this.#moments.at(-1)) {
      if (this.#over) return;
      this.#comeBackTo(moment);
      const turn = this.#nextTurn(moment);
      if (turn === null) {
        this.#moments.pop();
        continue;
      }
      this.#begin(moment, turn);
      const { thread, values, choice } = turn;
      const woken = this.#world.step(thread, values[choice]!, () => this.#goOn(thread));
      if (!this.#placed) this.#arrive(woken);
    }
  }

  /** The thread stands before its next step. Returns what it sees if it is to do it at once, which
   *  saves to run it again from its start. */
  #goOn(thread: Thread): number | undefined {
    this.#arrive([]);
    const moment = this.#moments.at(-1)!;
    if (moment.depth !== this.#path.length || this.#over) return undefined;
    if (this.#nextThread(moment) !== thread.index) return undefined;
    const turn = this.#nextTurn(moment)!;
    this.#begin(moment, turn);
    return turn.values[0];
  }

  #comeBackTo(moment: Moment): void {
    this.#world.failure = null;
    this.#world.journal.rollBack(moment.mark);
    this.#path.length = moment.depth;
  }

  #begin(moment: Moment, turn: Turn): void {
    moment.now = turn;
    this.#placed = false;
  }

  /** What to try next at a moment; null if all has been. */
  #nextTurn(moment: Moment): Turn | null {
    const { now } = moment;
    if (now !== null && now.choice + 1 < now.values.length) {
      return { ...now, choice: now.choice + 1 };
    }
    if (now !== null) moment.tried.add(now.thread.index);
    const next = this.#nextThread(moment);
    if (next === undefined) return null;
    const thread = this.#world.threads[next]!;
    const operation = thread.pending!;
    const values = this.#world.visible(thread);
    return { thread, operation, old: operation.element.get(), values, choice: 0 };
  }

  #nextThread({ order, toTry, tried }: Moment): number | undefined {
    return order.find((thread) => toTry.has(thread) && !tried.has(thread));
  }

  /** The step under way is done: looks where that leads. */
  #arrive(woken: readonly Thread[]): void {
    const moment = this.#moments.at(-1)!;
    const turn = moment.now!;
    this.#place(moment, turn, woken);
    this.#placed = true;
    this.steps++;
    if (this.#world.failure !== null) return this.#tell('failed');
    const { threads } = this.#world;
    const asleep = [...(this.#reduce ? moment.tried : [])].filter(
      (other) => !dependent(threads[other]!.pending!, turn.operation),
    );
    this.#open(new Set(asleep));
  }

  /** A moment from which to go on in all ways, unless the schedule ends here. */
  #open(asleep: Set<number>): void {
    const depth = this.#path.length;
    const ready = this.#world.ready().map((thread) => thread.index);
    if (ready.length === 0) return this.#tell(this.#isDone() ? 'complete' : 'stuck');
    if (depth >= this.#longest) return this.#tell('tooLong');
    const order = this.#inOrder(ready.filter((thread) => !asleep.has(thread)));
    const toTry = new Set(this.#reduce ? order.slice(0, 1) : order);
    const mark = this.#world.journal.mark();
    this.#moments.push({ ready, order, toTry, tried: asleep, mark, depth, now: null });
  }

  /** Whoever went last goes on first: so the first failure found has few switches. */
  #inOrder(threads: readonly number[]): number[] {
    const last = this.#path.at(-1)?.thread.index;
    return threads.toSorted((a, b) => Number(b === last) - Number(a === last) || a - b);
  }

  #tell(what: keyof Visitor): void {
    if (!this.#visitor[what](this.#path)) this.#over = true;
  }

  #isDone(): boolean {
    return this.#world.threads.every((thread) => thread.status === 'done');
  }

  /** Adds the step to the path, after all steps that it depends on. */
  #place(moment: Moment, turn: Turn, woken: readonly Thread[]): void {
    const { thread, operation, old, values, choice } = turn;
    let after = this.#after[thread.index]!;
    for (const earlier of this.#path) {
      if (dependent(earlier.operation, operation)) after = joined(after, earlier.after);
    }
    const time = thread.steps;
    after = withTime(after, thread.index, time);
    const now = operation.element.get();
    const seen = values[choice]!;
    const step = { thread, operation, old, now, choice, seen, moment, time, after };
    if (this.#reduce) this.#callForOthers(step);
    this.#path.push(step);
    this.#putAfter(thread.index, after);
    for (const { index } of woken) this.#putAfter(index, joined(this.#after[index]!, after));
  }

  #putAfter(thread: number, after: Clock): void {
    const before = this.#after[thread]!;
    this.#world.journal.note(() => (this.#after[thread] = before));
    this.#after[thread] = after;
  }

  /**
   * For each step of the path that depends on the new one by nothing in between: what else could
   * have gone before it, with the new one. One that begins that has to be tried there.
   */
  #callForOthers(step: Placed): void {
    for (const [i, rival] of this.#path.entries()) {
      if (!this.#isRace(i, step)) continue;
      const { ready, toTry } = rival.moment;
      const apart = this.#path.slice(i + 1).filter((later) => !isAfter(later, rival));
      const first = beginnersOf([...apart, step]).filter((thread) => ready.includes(thread));
      if (first.some((thread) => toTry.has(thread))) continue;
      const { index } = step.thread;
      if (first.includes(index)) toTry.add(index);
      else for (const thread of first.length > 0 ? first.slice(0, 1) : ready) toTry.add(thread);
    }
  }

  #isRace(i: number, step: Placed): boolean {
    const rival = this.#path[i]!;
    const { thread, operation } = step;
    if (rival.thread === thread || !dependent(rival.operation, operation)) return false;
    if (rival.time <= this.#after[thread.index]![rival.thread.index]!) return false;
    return !this.#path.some(
      (between, j) => j > i && isAfter(between, rival) && dependent(between.operation, operation),
    );
  }
}

/** Whether dependence puts `step` after `earlier`. */
function isAfter(step: Placed, earlier: Placed): boolean {
  return step.after[earlier.thread.index]! >= earlier.time;
}

/** The threads whose first step in a run of steps comes after none of the others. */
function beginnersOf(steps: readonly Placed[]): number[] {
  const begun = new Set<number>();
  const beginners: number[] = [];
  for (const [i, step] of steps.entries()) {
    const { index } = step.thread;
    if (begun.has(index)) continue;
    begun.add(index);
    if (!steps.slice(0, i).some((earlier) => isAfter(step, earlier))) beginners.push(index);
  }
  return beginners;
}
