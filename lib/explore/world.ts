/**
 * The scenario as it stands in the middle of a schedule: its memory and its threads. Performs
 * steps, on demand of the search, and takes note of what they order.
 */
import { joined, withTime, zeroClock } from './clock.js';
import { ExploreError } from './errors.js';
import { Journal } from './journal.js';
import { Memory } from './memory.js';
import type { Rival } from './memory.js';
import type { Element, Kind, Operation } from './operation.js';
import { resultOf, writesTo } from './operation.js';
import type { Prepared } from './thread.js';
import { Run, Thread, UNWIND } from './thread.js';

export const OK = 0;
export const NOT_EQUAL = 1;

export class World {
  readonly journal = new Journal();
  readonly memory = new Memory(this.journal);
  threads: readonly Thread[] = [];
  /** The run under way; null while `memory` and `final` are called. */
  run: Run | null = null;
  /** What is wrong with the schedule so far. */
  failure: ExploreError | null = null;
  #given: unknown;
  /** Who waits on what, in the order they came. */
  #parked: readonly { readonly thread: Thread; readonly at: number }[] = [];
  /** Threads notified by the step under way. */
  #woken: Thread[] = [];

  /** Makes the threads and runs their setups, one after the other. */
  begin(bodies: readonly (readonly [string, Prepared])[], given: unknown): void {
    this.#given = given;
    this.memory.begin(bodies.length);
    const zero = zeroClock(bodies.length);
    this.threads = bodies.map(([name, body], index) => new Thread(index, name, body, zero));
    for (const thread of this.threads) this.#advance(new Run(thread), true);
    for (const thread of this.threads) {
      this.#tick(thread);
      this.#advance(new Run(thread));
    }
  }

  /** Threads that have a step to do. */
  ready(): Thread[] {
    return this.threads.filter((thread) => thread.status === 'ready');
  }

  /** The values that the thread's next step may see, the latest first; one unless it is a hint. */
  visible(thread: Thread): number[] {
    const { kind, at, element } = thread.pending!;
    const latest = element.get();
    if (kind !== 'peek' || element.width > 1 || this.memory.hintOf(at) === 'latest')
      return [latest];
    return this.memory.visible(at, thread.clock, latest);
  }

  /**
   * Does the next step of a thread, which sees `seen`. Returns those it woke. Before each further
   * step `goOn` is asked, if given: it says what that one sees, or undefined to leave it at this.
   */
  step(thread: Thread, seen: number, goOn?: () => number | undefined): readonly Thread[] {
    this.#woken = [];
    const run = new Run(thread, goOn);
    this.#begin(run, seen);
    this.#advance(run);
    const woken = this.#woken;
    for (const other of woken) if (this.failure === null) this.#advance(new Run(other));
    return woken;
  }

  #begin(run: Run, seen: number): void {
    const { thread } = run;
    thread.save(this.journal);
    thread.steps++;
    this.#tick(thread);
    run.seen = seen;
  }

  /** A step: repeated, done, or put off until the search asks for it. Returns what it read. */
  access(kind: Kind, at: number, element: Element, value = 0, expected = 0): number {
    const run = this.run!;
    if (run.over) throw UNWIND;
    if (run.repeating) return run.repeat(kind, at);
    const operation = { kind, at, value, expected, ordered: run.ordered, element };
    if (run.settingUp) return run.record(kind, at, this.#apply(operation));
    if (run.seen === undefined) this.#stopBefore(run, operation);
    run.thread.pending = null;
    const result = this.#perform(run, operation);
    run.seen = undefined;
    this.#tick(run.thread);
    return run.record(kind, at, result);
  }

  /** Unwinds the run, unless it is to go on with this step. */
  #stopBefore(run: Run, operation: Operation): void {
    run.thread.pending = operation;
    // Whom the last step woke has to come to its own next step first.
    const seen = this.#woken.length > 0 ? undefined : run.goOn?.();
    if (seen === undefined) run.unwind();
    else this.#begin(run, seen);
  }

  /** A plain access: a step if the word is a hint, else part of the step before it. */
  plain(kind: 'read' | 'write', at: number, element: Element, value = 0): number {
    const run = this.run!;
    if (run.over) throw UNWIND;
    const hint = run.settingUp ? 'none' : this.memory.hintOf(at);
    if (hint !== 'none' && (kind === 'read' || hint !== 'read')) {
      return this.access(kind === 'read' ? 'peek' : 'poke', at, element, value);
    }
    if (run.repeating) return run.repeat(kind, at);
    if (!run.settingUp) this.#check(run, at, element, kind === 'write', false);
    if (kind === 'write') this.#write(element, value);
    return run.record(kind, at, kind === 'write' ? 0 : element.get());
  }

  /** For a write outside of all threads. Other schedules go on from what is there. */
  checkWritable(): void {
    if (this.threads.length === 0) return;
    throw new ExploreError('misuse', '`final` may look at shared memory, not change it');
  }

  /** Ends the run: the schedule shows something wrong. */
  fail(error: ExploreError): void {
    this.failure ??= error;
  }

  /** Moves the thread's own time on. Its step n is at time 2n, what follows it plainly at 2n + 1:
   *  that is not yet seen by whoever sees the step. What nobody has seen anything of is time 0. */
  #tick(thread: Thread): void {
    thread.clock = withTime(thread.clock, thread.index, thread.clock[thread.index]! + 1);
  }

  #advance(run: Run, setupOnly = false): void {
    const { thread } = run;
    this.run = run;
    try {
      const state = thread.body.setup(this.#given);
      if (setupOnly) return;
      run.settingUp = false;
      const result = thread.body.run(state);
      if (run.over) return;
      thread.status = 'done';
      thread.result = result;
    } catch (error) {
      if (error instanceof ExploreError) this.fail(error);
      else if (!run.over) this.fail(threw(thread, error));
    } finally {
      this.run = null;
    }
  }

  #perform(run: Run, operation: Operation): number {
    const { kind, at, element, value, expected } = operation;
    const old = element.get();
    const isPlain = kind === 'peek' || kind === 'poke';
    const writes = writesTo(kind, old, expected);
    if (kind === 'notify') return this.#notify(run.thread, at, value);
    if (!isPlain && kind !== 'store' && operation.ordered) this.#acquire(run.thread, at);
    this.#check(run, at, element, writes, !isPlain);
    if (writes) this.#writeStep(run.thread, operation, old, isPlain);
    if (kind === 'wait') return old === value ? this.#park(run, at) : NOT_EQUAL;
    return kind === 'peek' ? run.seen! : old;
  }

  #writeStep(thread: Thread, operation: Operation, old: number, isPlain: boolean): void {
    const { kind, at, element, value, expected } = operation;
    this.#write(element, resultOf(kind, old, value, expected));
    if (this.memory.hintOf(at) !== 'none') {
      const write = { value: element.get(), thread: thread.index, time: 2 * thread.steps };
      this.memory.remember(at, old, write);
    }
    if (isPlain) return;
    // A store ends what was released before; what reads and writes at once passes it on.
    const clock = operation.ordered ? thread.clock : null;
    this.memory.release(at, clock, kind !== 'store');
  }

  #acquire(thread: Thread, at: number): void {
    const released = this.memory.released(at);
    if (released !== null) thread.clock = joined(thread.clock, released);
  }

  #park(run: Run, at: number): never {
    const before = this.#parked;
    this.journal.note(() => (this.#parked = before));
    this.#parked = [...before, { thread: run.thread, at }];
    run.thread.status = 'parked';
    return run.unwind();
  }

  /** Wakes up to `most` threads, in the order they parked. What the notifier saw, they see. */
  #notify(by: Thread, at: number, most: number): number {
    const before = this.#parked;
    const woken = before.filter((each) => each.at === at).slice(0, most);
    if (woken.length === 0) return 0;
    this.journal.note(() => (this.#parked = before));
    this.#parked = before.filter((each) => !woken.includes(each));
    for (const { thread } of woken) {
      thread.save(this.journal);
      thread.status = 'ready';
      thread.clock = joined(thread.clock, by.clock);
      this.#tick(thread);
      thread.record('wait', at, OK);
      this.#woken.push(thread);
    }
    return woken.length;
  }

  /** An access as it is in a setup: no other thread is there. */
  #apply({ kind, element, value, expected }: Operation): number {
    const old = element.get();
    if (writesTo(kind, old, expected)) {
      this.#write(element, resultOf(kind, old, value, expected));
    }
    if (kind === 'wait' && old === value) {
      throw new ExploreError('deadlock', 'a thread waits in its setup, where nobody can notify it');
    }
    if (kind === 'wait') return NOT_EQUAL;
    return kind === 'notify' ? 0 : old;
  }

  #write(element: Element, value: number): void {
    const before = element.get();
    this.journal.note(() => element.set(before));
    element.set(value);
  }

  #check(run: Run, at: number, element: Element, write: boolean, atomic: boolean): void {
    const { thread } = run;
    for (let word = at; word < at + element.width; word++) {
      const by = { thread: thread.index, clock: thread.clock, atomic, write };
      const rival = this.memory.access(word, by);
      if (rival === null || this.#isTolerated(word, rival, write && !atomic)) continue;
      const own = `${atomic ? 'atomic' : 'plain'} ${write ? 'write' : 'read'}`;
      this.fail(
        new ExploreError(
          'race',
          `data race on ${this.memory.nameOf(word)}: the ${own} of ${thread.name} after its step ` +
            `${thread.steps} and the ${rival.what} of ${this.threads[rival.thread]!.name} after its ` +
            `step ${rival.time >>> 1} are not ordered`,
        ),
      );
      run.unwind();
    }
  }

  #isTolerated(at: number, rival: Rival, plainWrite: boolean): boolean {
    const hint = this.memory.hintOf(at);
    if (hint !== 'read') return hint !== 'none';
    return !plainWrite && rival.what !== 'plain write';
  }
}

function threw(thread: Thread, cause: unknown): ExploreError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new ExploreError('threw', `${thread.name} threw: ${what}`, '', '', cause);
}
