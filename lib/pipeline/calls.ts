/**
 * The calls of a worker: which items may be called now, what they become, who is to blame if the thread ends.
 *
 * Runs on: the worker. Algorithm: README.md, "Blame".
 *
 * An item is taken and either done with, or held: because its call is a pending promise, because
 * another of its flow is open, because its stage has as many calls as it may have, because it is to be tried
 * again later, or because a thread has died with it.
 */
import { awaitable } from '../crew/awaitable.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import type { CallContext } from './call-context.js';
import { callerOf, MARKS } from './cell.js';
import type { Cells } from './cells.js';
import { ArrayCalls, resultsOf } from './array-calls.js';
import { bufferCopy, KIND } from './codec.js';
import type { Endings } from './endings.js';
import type { Guard } from './guard.js';
import { isFresh } from './held.js';
import type { Held } from './held.js';
import type { OpenItems } from './open-items.js';
import { Parcel, STATE } from './parcel.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';
import type { Tally } from './tally.js';
import { clock } from './task.js';

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** A call that waits keeps its parcel: to make one takes microseconds. */
const SPARE_MAX = 256;

export interface CallsParts {
  readonly board: Board;
  readonly cells: Cells;
  readonly sender: Sender;
  readonly tally: Tally;
  readonly open: OpenItems;
  readonly guard: Guard;
  readonly endings: Endings;
  readonly seats: number;
  readonly stages: readonly StageRunner[];
  /** By queue. */
  readonly runners: readonly (StageRunner | undefined)[];
  /** Threads that an item may end. */
  readonly attempts: number;
  readonly debug: boolean;
  /** Items may become several. */
  readonly hasParts: boolean;
}

export class Calls {
  readonly #parts: CallsParts;
  #now = 0;
  /** Stage of the call since `#now`, if its time is to be noted, and how long its event had waited. */
  #timedStage = -1;
  #waited = 0;
  /** Parcels so far. */
  #taken = 0;
  /** Parcels that are through, for the next events. */
  readonly #spare: Parcel[] = [];
  /** Of the call in hand, if its result is one. */
  #promise: PromiseLike<unknown> | undefined;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    parts.open.start = (held) => this.#start(held);
    parts.open.advance = this.#goOn;
    parts.open.onThrough = this.#keep;
    const itemIn = (held: Held, context: CallContext): unknown =>
      this.#itemIn(held.parcel, held.index, context);
    const arrays = new ArrayCalls(parts, itemIn, (now) => this.timed(now));
    parts.open.startArray = (runner) => arrays.start(runner);
  }

  /** A burst has come: see `Cells.touch`; what workers wish may have changed. */
  begin(burst: EventBurst): void {
    const { board, cells, seats, stages } = this.#parts;
    cells.touch(burst);
    for (const runner of stages) {
      // Until it is known how long calls take, no item may wait for another.
      if (runner.index > 0) runner.packMax = board.wished(seats, runner.index) || runner.batch;
    }
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

  /** Takes event `i` of a burst; undefined when its items have to wait. */
  open(burst: EventBurst, i: number): Parcel | undefined {
    const { cells, hasParts, open, runners, tally } = this.#parts;
    const runner = runners[burst.queueId(i)]!;
    const parcel = (this.#spare.pop() ?? new Parcel(hasParts)).take(burst, i, runner);
    parcel.number = ++this.#taken;
    const cell = cells.find(burst.payload(i), burst.payloadHigh(i));
    if (cell !== undefined) parcel.show(cell);
    tally.count(runner.index, COUNTS.PACKS);
    tally.count(runner.index, COUNTS.ITEMS, Math.max(1, parcel.left));
    if (burst.attempts(i) > 0)
      tally.count(runner.index, COUNTS.REDELIVERIES, Math.max(1, parcel.left));
    if (open.fetches.wait(parcel)) return undefined;
    if (cell !== undefined) return parcel;
    void open.fetches.fetch(parcel);
    return undefined;
  }

  /** Takes the next items of the parcel, `most` at most. Returns how many it looked at. */
  advance(parcel: Parcel, most: number): number {
    let looked = 0;
    while (looked < most && parcel.next < parcel.count) {
      const i = parcel.next++;
      if (parcel.states[i] !== STATE.LEFT) continue;
      looked++;
      if (this.#take(parcel, i)) parcel.done(i);
    }
    return looked;
  }

  /** All items of the parcel have been looked at: what is done of it is in line to be sent. True: it is through. */
  close(parcel: Parcel): boolean {
    if (parcel.left > 0) {
      this.#parts.open.keep(parcel);
      return false;
    }
    const { open, sender } = this.#parts;
    open.forget(parcel);
    // A flow's order is that in which its events are sent.
    open.sendDone();
    sender.complete(parcel);
    this.#keep(parcel);
    return true;
  }

  readonly #keep = (parcel: Parcel): void => {
    if (this.#spare.length < SPARE_MAX) this.#spare.push(parcel);
  };

  /** What is done of a parcel in hand goes before the rest. */
  sendPart(parcel: Parcel): void {
    if (parcel.left > 0 && parcel.hasResults) this.#parts.sender.renew(parcel);
  }

  /** Of a parcel that had to wait. */
  readonly #goOn = (parcel: Parcel): void => {
    this.timed(performance.now());
    this.advance(parcel, Infinity);
    this.close(parcel);
    this.timed(performance.now());
  };

  /** True: the item is done. False: it is held. */
  #take(parcel: Parcel, i: number): boolean {
    const { open } = this.#parts;
    const { runner } = parcel;
    if (open.queueIfBusy(parcel, i)) return false;
    const isForArray = runner.takesArrays && isFresh(parcel.cell!, i);
    if (isForArray || (parcel.cell!.mark(i) < MARKS.BESIDE_OTHERS && !runner.hasRoom)) {
      runner.backlog.push(open.hold(parcel, i));
      return false;
    }
    return this.#begin(parcel, i, undefined);
  }

  /** As `take`, for an item that is held. */
  #start(held: Held): boolean {
    this.timed(performance.now());
    const isThrough = this.#begin(held.parcel, held.index, held);
    this.timed(performance.now());
    return isThrough;
  }

  /** Calls the handler, unless the item is not wanted or a thread has died with it. As `take`. */
  #begin(parcel: Parcel, i: number, held: Held | undefined): boolean {
    const cell = parcel.cell!;
    if (!this.#parts.board.isWanted(cell.session)) {
      this.#parts.endings.cancel(parcel, i);
      return true;
    }
    if (cell.mark(i) !== MARKS.NOT_BEGUN) {
      if (cell.markedStage(i) === parcel.runner.index) return this.#again(parcel, i, held);
      cell.forgetCalls(i);
    }
    return this.#call(parcel, i, held);
  }

  /** As `#begin`, for an item that a thread has died with, in its call or behind it. */
  #again(parcel: Parcel, i: number, held: Held | undefined): boolean {
    const { attempts, endings, open } = this.#parts;
    const cell = parcel.cell!;
    const mark = cell.mark(i);
    cell.countTry(i);
    if (mark === MARKS.ALONE) cell.countKill(i);
    if (cell.kills(i) >= attempts) {
      endings.giveUp(parcel, i, KIND.DEAD, undefined);
      cell.setMark(i, MARKS.TRIED, callerOf(cell.markedThread(i), parcel.runner.index));
      return true;
    }
    if (mark === MARKS.TRIED) return this.#call(parcel, i, held);
    cell.setMark(i, MARKS.NOT_BEGUN, 0);
    open.suspect(held ?? open.hold(parcel, i));
    return false;
  }

  #call(parcel: Parcel, i: number, held: Held | undefined): boolean {
    const { guard, open, sender } = this.#parts;
    const { runner } = parcel;
    const cell = parcel.cell!;
    this.#timedStage = runner.index;
    this.#waited = (sender.stamp - cell.stamp) | 0;
    runner.context.show(cell, cell.flow(i), cell.tries(i));
    guard.enter(parcel, i);
    const isThrough = guard.scope.run(this.#try, parcel, i, held);
    guard.leave(parcel, i, isThrough);
    const promise = this.#promise;
    if (promise === undefined) return isThrough;
    this.#promise = undefined;
    this.#timedStage = -1;
    const left = held ?? open.hold(parcel, i);
    left.began = this.#now;
    left.waited = 0;
    open.run(left);
    guard.beat();
    const context = runner.leaveContext();
    void guard.scope.run(this.#follow, left, context, this.#waited, promise);
    return false;
  }

  /** The handler, its result, and what becomes of that. As `take`; a promise is left in `#promise`. */
  readonly #try = (parcel: Parcel, i: number, held: Held | undefined): boolean => {
    const { context, handler, takesArrays } = parcel.runner;
    const { endings } = this.#parts;
    try {
      const item = this.#itemIn(parcel, i, context);
      const result = handler(takesArrays ? [item] : item, context);
      this.#promise = awaitable(result);
      if (this.#promise !== undefined) return false;
      return endings.finish(parcel, i, context, takesArrays ? onlyOf(result) : result);
    } catch (error) {
      return endings.failed(parcel, i, held, error);
    } finally {
      if (this.#promise === undefined) context.end();
    }
  };

  #itemIn(parcel: Parcel, i: number, context: CallContext): unknown {
    const item = parcel.item(i);
    if (
      !this.#parts.debug ||
      !Buffer.isBuffer(item) ||
      item.buffer !== parcel.cell!.rooms[0].buffer
    ) {
      return item;
    }
    return (context.lentItem = context.lend(bufferCopy(item)));
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
    const { parcel, index, runner } = held;
    this.timed(performance.now());
    tally.time(runner.index, this.#now - held.began, waited);
    open.stop(held);
    guard.enter(parcel, index);
    const isThrough = guard.scope.run(this.#conclude, held, context, outcome);
    guard.leave(parcel, index, isThrough);
    if (isThrough) open.complete(held);
  }

  /** What becomes of a call whose promise has settled. As `take`. */
  readonly #conclude = (held: Held, context: CallContext, outcome: Outcome): boolean => {
    const { parcel, index } = held;
    const { endings } = this.#parts;
    try {
      if (!('value' in outcome)) return endings.failed(parcel, index, held, outcome.error);
      const { value } = outcome;
      return endings.finish(
        parcel,
        index,
        context,
        held.runner.takesArrays ? onlyOf(value) : value,
      );
    } catch (error) {
      return endings.failed(parcel, index, held, error);
    } finally {
      context.end();
    }
  };
}

/** Of a call with an array of one. @throws DlbError ERR_DLB_INVALID_ARGUMENT */
function onlyOf(results: unknown): unknown {
  return resultsOf(results, 1)[0];
}
