/**
 * The calls of a worker: which events may be called now, what they become, who is to blame if the thread ends.
 *
 * Runs on: the worker. Algorithm: README.md, "Blame".
 *
 * An event is taken and either done with, in place, or held: because its call is a pending promise, because
 * another of its flow is open, because its stage has as many calls as it may have, because it is to be tried
 * again later, or because a thread has died with it.
 */
import { awaitable } from '../crew/awaitable.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import type { CallContext } from './call-context.js';
import { callerOf, MARKS } from './cell.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';
import { bufferCopy, decode, KIND } from './codec.js';
import type { Endings } from './endings.js';
import type { Guard } from './guard.js';
import type { Held } from './held.js';
import type { OpenEvents } from './open-events.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';
import type { Tally } from './tally.js';
import { clock } from './task.js';

type Outcome = { readonly value: unknown } | { readonly error: unknown };

export interface CallsParts {
  readonly board: Board;
  readonly cells: Cells;
  readonly sender: Sender;
  readonly tally: Tally;
  readonly open: OpenEvents;
  readonly guard: Guard;
  readonly endings: Endings;
  /** By queue. */
  readonly runners: readonly (StageRunner | undefined)[];
  /** Threads that an item may end. */
  readonly attempts: number;
  readonly debug: boolean;
}

export class Calls {
  readonly #parts: CallsParts;
  #now = 0;
  /** Stage of the call since `#now`, if its time is to be noted, and how long its event had waited. */
  #timedStage = -1;
  #waited = 0;
  /** Of the call in hand, if its result is one. */
  #promise: PromiseLike<unknown> | undefined;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    parts.open.start = (held) => this.#start(held);
  }

  /** See `Cells.touch`. */
  touch(burst: EventBurst): void {
    this.#parts.cells.touch(burst);
  }

  /** It is `now`, in milliseconds: the time of the calls since the last time is over. */
  timed(now: number, calls = 1): void {
    if (this.#timedStage >= 0) {
      this.#parts.tally.time(this.#timedStage, (now - this.#now) / calls, this.#waited);
      this.#timedStage = -1;
    }
    this.#now = now;
    this.#parts.sender.stamp = clock(now);
  }

  /** Takes event `i` of a burst. True: it is through, and is to be sent as it stands. False: it is held. */
  take(burst: EventBurst, i: number): boolean {
    const { cells, open, runners, tally } = this.#parts;
    const runner = runners[burst.queueId(i)]!;
    const cell = cells.find(burst.payload(i), burst.payloadHigh(i));
    if (burst.attempts(i) > 0) tally.count(runner.index, COUNTS.REDELIVERIES);
    if (open.queueIfBusy(burst, i, runner, cell)) return false;
    if (cell === undefined) {
      void open.fetch(open.hold(burst, i, runner, cell));
      return false;
    }
    if (cell.mark < MARKS.BESIDE_OTHERS && !runner.hasRoom) {
      runner.backlog.push(open.hold(burst, i, runner, cell));
      return false;
    }
    return this.#begin(burst, i, runner, cell, undefined);
  }

  /** As `take`, for an event that is held. */
  #start(held: Held): boolean {
    const { event, runner, cell } = held;
    this.timed(performance.now());
    const isThrough = this.#begin(event, 0, runner, cell!, held);
    this.timed(performance.now());
    return isThrough;
  }

  /** Calls the handler, unless the item is not wanted or a thread has died with it. As `take`. */
  #begin(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
  ): boolean {
    if (!this.#parts.board.isWanted(cell.session)) {
      this.#parts.sender.end(burst, i, cell, KIND.CANCELLED);
      return true;
    }
    if (cell.mark !== MARKS.NOT_BEGUN) {
      if (cell.markedStage === runner.index) return this.#again(burst, i, runner, cell, held);
      cell.forgetCalls();
    }
    return this.#call(burst, i, runner, cell, held);
  }

  /** As `#begin`, for an item that a thread has died with, in its call or behind it. */
  #again(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
  ): boolean {
    const { attempts, open } = this.#parts;
    const { mark } = cell;
    cell.tries++;
    if (mark === MARKS.ALONE) cell.kills++;
    if (cell.kills >= attempts) {
      this.#parts.endings.giveUp(burst, i, runner, cell, KIND.DEAD, undefined);
      cell.setMark(MARKS.TRIED, callerOf(cell.markedThread, runner.index));
      return true;
    }
    if (mark === MARKS.TRIED) return this.#call(burst, i, runner, cell, held);
    cell.setMark(MARKS.NOT_BEGUN, 0);
    open.suspect(held ?? open.hold(burst, i, runner, cell));
    return false;
  }

  #call(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
  ): boolean {
    const { guard, open, sender } = this.#parts;
    this.#timedStage = runner.index;
    this.#waited = (sender.stamp - cell.stamp) | 0;
    runner.context.show(cell, burst.flowId(i), cell.tries);
    guard.enter(runner, cell);
    const isThrough = guard.scope.run(this.#try, burst, i, runner, cell, held);
    guard.leave(runner, cell, isThrough);
    const promise = this.#promise;
    if (promise === undefined) return isThrough;
    this.#promise = undefined;
    this.#timedStage = -1;
    const left = held ?? open.hold(burst, i, runner, cell);
    left.began = this.#now;
    left.waited = 0;
    open.run(left);
    guard.beat();
    const context = runner.leaveContext();
    void guard.scope.run(this.#follow, left, context, this.#waited, promise);
    return false;
  }

  /** The handler, its result, and what becomes of that. As `take`; a promise is left in `#promise`. */
  readonly #try = (
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
  ): boolean => {
    const { context, handler } = runner;
    try {
      const result = handler(this.#itemIn(cell, context), context);
      this.#promise = awaitable(result);
      if (this.#promise !== undefined) return false;
      return this.#parts.endings.finish(burst, i, runner, cell, context, result);
    } catch (error) {
      return this.#parts.endings.failed(burst, i, runner, cell, held, context, error);
    }
  };

  #itemIn(cell: Cell, context: CallContext): unknown {
    const item = decode(cell.kind, cell.content, cell.shared);
    if (!this.#parts.debug || item !== cell.content) return item;
    return (cell.lent = context.lend(bufferCopy(cell.content)));
  }

  /** Waits for the promise of a call. Runs in a context of its own, for `then` is the user's as well. Never
   *  rejects. */
  readonly #follow = async (
    held: Held,
    context: CallContext,
    waited: number,
    promise: PromiseLike<unknown>,
  ): Promise<void> => {
    let outcome: Outcome;
    try {
      outcome = { value: await promise };
    } catch (error) {
      outcome = { error };
    }
    try {
      this.#settle(held, context, waited, outcome);
    } catch (fault) {
      this.#parts.open.fail(fault);
    }
  };

  #settle(held: Held, context: CallContext, waited: number, outcome: Outcome): void {
    const { guard, open, tally } = this.#parts;
    const { runner } = held;
    const cell = held.cell!;
    this.timed(performance.now());
    tally.time(runner.index, this.#now - held.began, waited);
    open.stop(held);
    guard.enter(runner, cell);
    const isThrough = guard.scope.run(this.#conclude, held, cell, context, outcome);
    guard.leave(runner, cell, isThrough);
    if (isThrough) open.complete(held);
  }

  /** What becomes of a call whose promise has settled. As `take`. */
  readonly #conclude = (
    held: Held,
    cell: Cell,
    context: CallContext,
    outcome: Outcome,
  ): boolean => {
    const { event, runner } = held;
    try {
      if ('value' in outcome)
        return this.#parts.endings.finish(event, 0, runner, cell, context, outcome.value);
      return this.#parts.endings.failed(event, 0, runner, cell, held, context, outcome.error);
    } catch (error) {
      return this.#parts.endings.failed(event, 0, runner, cell, held, context, error);
    }
  };
}
