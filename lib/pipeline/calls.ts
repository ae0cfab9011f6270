/**
 * The calls of a worker: which events may be called now, what they become, who is to blame if the thread ends.
 *
 * Runs on: the worker. Algorithm: README.md, "Blame".
 *
 * An event is taken and either done with, in place, or held: because its call is a pending promise, because
 * another of its flow is open, because its stage has as many calls as it may have, because it is to be tried
 * again later, or because a thread has died with it.
 */
import type { EventBurst } from '../eventdev/event-burst.js';
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import type { CallContext } from './call-context.js';
import { MARKS } from './cell.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';
import { copyOf, decode, KIND } from './codec.js';
import { failureOf } from './failure.js';
import type { Held } from './held.js';
import type { OpenEvents } from './open-events.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';
import type { Tally } from './tally.js';
import { clock } from './task.js';

const VERDICT_KINDS = {
  fail: KIND.FAILED,
  drop: KIND.DROPPED,
  'dead-letter': KIND.DEAD,
} as const;

export interface CallsParts {
  readonly seat: number;
  readonly board: Board;
  readonly cells: Cells;
  readonly sender: Sender;
  readonly tally: Tally;
  readonly open: OpenEvents;
  /** By queue. */
  readonly runners: readonly (StageRunner | undefined)[];
  /** Threads that an item may end. */
  readonly attempts: number;
  readonly debug: boolean;
}

export class Calls {
  readonly #parts: CallsParts;
  #calls = 0;
  #now = 0;
  /** Stage of the call since `#now`, if its time is to be noted, and how long its event had waited. */
  #timedStage = -1;
  #waited = 0;

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
    if (cell.mark === MARKS.NOT_BEGUN && !runner.hasRoom) {
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
    if (cell.mark !== MARKS.NOT_BEGUN) return this.#suspect(burst, i, runner, cell, held);
    return this.#call(burst, i, runner, cell, held);
  }

  #call(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
  ): boolean {
    const { board, open, seat, sender } = this.#parts;
    const { context, handler } = runner;
    this.#timedStage = runner.index;
    this.#waited = (sender.stamp - cell.stamp) | 0;
    context.show(cell, burst.flowId(i), cell.tries);
    open.excuse();
    cell.mark = MARKS.ALONE;
    this.#calls = (this.#calls + 1) & 0xff_ffff;
    board.beginCall(seat, runner.index, this.#calls);
    let result: unknown;
    try {
      result = handler(this.#itemIn(cell, context), context);
    } catch (error) {
      board.endCall(seat);
      context.end();
      return this.#failed(burst, i, runner, cell, held, error);
    }
    board.endCall(seat);
    if (!isThenable(result)) return this.#finish(burst, i, runner, cell, held, context, result);
    this.#leaveOpen(held ?? open.hold(burst, i, runner, cell), result);
    return false;
  }

  #itemIn(cell: Cell, context: CallContext): unknown {
    if (this.#parts.debug && cell.kind === KIND.BYTES) return context.lend(copyOf(cell.content));
    return decode(cell.kind, cell.content);
  }

  #finish(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
    context: CallContext,
    result: unknown,
  ): boolean {
    const { sender, tally } = this.#parts;
    cell.mark = MARKS.NOT_BEGUN;
    let kind: number;
    try {
      kind = sender.finish(burst, i, cell, result, runner, context.grown);
    } catch (error) {
      context.end();
      return this.#failed(burst, i, runner, cell, held, error);
    }
    context.end();
    tally.handled(runner.index, kind);
    return true;
  }

  /** What the stage's policy says. */
  #failed(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
    error: unknown,
  ): boolean {
    const { open, tally } = this.#parts;
    const { retries, verdict } = runner.settings;
    cell.mark = MARKS.NOT_BEGUN;
    tally.count(runner.index, COUNTS.ERRORS);
    if (cell.retries < retries) {
      tally.count(runner.index, COUNTS.RETRIES);
      this.#tryLater(held ?? open.hold(burst, i, runner, cell), cell);
      return false;
    }
    this.#giveUp(burst, i, runner, cell, VERDICT_KINDS[verdict], { error });
    return true;
  }

  #giveUp(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    kind: number,
    thrown: { error: unknown } | undefined,
  ): void {
    const { sender, tally } = this.#parts;
    if (kind === KIND.DROPPED) tally.count(runner.index, COUNTS.DROPPED);
    if (kind === KIND.DEAD) tally.count(runner.index, COUNTS.DEAD_LETTERS);
    if (kind === KIND.DROPPED) sender.end(burst, i, cell, kind);
    else
      sender.fail(
        burst,
        i,
        cell,
        kind,
        failureOf(runner.settings.name, burst.flowId(i), cell, thrown),
      );
  }

  /** A thread has died with the item. */
  #suspect(
    burst: EventBurst,
    i: number,
    runner: StageRunner,
    cell: Cell,
    held: Held | undefined,
  ): boolean {
    const { attempts, open } = this.#parts;
    if (cell.mark === MARKS.ALONE) cell.kills++;
    cell.tries++;
    cell.mark = MARKS.NOT_BEGUN;
    if (cell.kills >= attempts) {
      this.#giveUp(burst, i, runner, cell, KIND.DEAD, undefined);
      return true;
    }
    open.suspect(held ?? open.hold(burst, i, runner, cell));
    return false;
  }

  /** The call of a held event is a promise. */
  #leaveOpen(held: Held, promise: PromiseLike<unknown>): void {
    const { open, tally } = this.#parts;
    const { runner, event } = held;
    const cell = held.cell!;
    const context = runner.leaveContext();
    const waited = this.#waited;
    this.#timedStage = -1;
    held.began = this.#now;
    open.run(held);
    const settle = (isThrough: () => boolean): void => {
      this.timed(performance.now());
      tally.time(runner.index, this.#now - held.began, waited);
      open.settle(held, isThrough);
    };
    promise.then(
      (result) => settle(() => this.#finish(event, 0, runner, cell, held, context, result)),
      (error: unknown) => {
        context.end();
        settle(() => this.#failed(event, 0, runner, cell, held, error));
      },
    );
  }

  /** The delay doubles with each retry. */
  #tryLater(held: Held, cell: Cell): void {
    const { delayMs, maxDelayMs } = held.runner.settings;
    const delay = Math.min(delayMs * 2 ** cell.retries, maxDelayMs);
    cell.retries++;
    cell.tries++;
    this.#parts.open.callLater(held, delay);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
