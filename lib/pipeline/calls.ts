/**
 * The calls of a worker: which events may be called now, what they become, who is to blame if the thread ends.
 *
 * Runs on: the worker. Algorithm: README.md, "Blame".
 *
 * An event is taken and either done with, in place, or held: because its call is a pending promise, because
 * another of its flow is open, because its stage has as many calls as it may have, because it is to be tried
 * again later, or because a thread has died with it.
 */
import { EventBurst } from '../eventdev/event-burst.js';
import type { Latch } from '../idle/latch.js';
import type { Port } from '../port/index.js';
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import type { CallContext } from './call-context.js';
import { MARKS } from './cell.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';
import { copyOf, decode, KIND } from './codec.js';
import { failureOf } from './failure.js';
import { BusyFlows, flowKeyOf, Held } from './held.js';
import type { OpenSignals } from './open-signals.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';
import type { Tally } from './tally.js';
import { clock, HALF_BIT } from './task.js';

/** A port names so many events at most. */
const HELD_MAX = 256;
const VERDICT_KINDS = {
  fail: KIND.FAILED,
  drop: KIND.DROPPED,
  'dead-letter': KIND.DEAD,
} as const;

export interface CallsParts {
  readonly seat: number;
  readonly port: Port;
  readonly board: Board;
  readonly cells: Cells;
  readonly sender: Sender;
  readonly tally: Tally;
  readonly signals: OpenSignals;
  /** Opened when an open call settles. */
  readonly latch: Latch;
  readonly stages: readonly StageRunner[];
  /** By queue. */
  readonly runners: readonly (StageRunner | undefined)[];
  /** Threads that an item may end. */
  readonly attempts: number;
  readonly debug: boolean;
}

export class Calls {
  /** Events that are open beyond their burst. */
  held = 0;
  readonly #parts: CallsParts;
  readonly #busy = new BusyFlows();
  /** Calls whose promises are pending. */
  readonly #running = new Set<Held>();
  /** To be called as soon as there is room. */
  #ready: Held[] = [];
  /** To be called alone. */
  readonly #suspects: Held[] = [];
  #alone: Held | undefined;
  /** Held events that are done and not sent. */
  readonly #done = new EventBurst(HELD_MAX);
  #calls = 0;
  /** So that the reads are not for nothing. */
  #touched = 0;
  #now = 0;
  /** Stage of the call since `#now`, if its time is to be noted, and how long its event had waited. */
  #timedStage = -1;
  #waited = 0;

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  /** How many events to take, of `max`. */
  room(max: number): number {
    if (this.held === 0) return max;
    if (this.#suspects.length > 0 || this.#alone !== undefined) return 0;
    let free = 0;
    for (const { settings, running, backlog } of this.#parts.stages) {
      free += Math.max(0, settings.concurrency - running - backlog.length);
    }
    return Math.min(max, free, HELD_MAX - this.held);
  }

  /** See `Cells.touch`. */
  touch(burst: EventBurst): void {
    this.#touched += this.#parts.cells.touch(burst);
  }

  /** It is `now`, in milliseconds: the time of the call that began last is over. */
  timed(now: number): void {
    if (this.#timedStage >= 0) {
      this.#parts.tally.time(this.#timedStage, now - this.#now, this.#waited);
      this.#timedStage = -1;
    }
    this.#now = now;
    this.#parts.sender.stamp = clock(now);
  }

  /** Takes event `i` of a burst. True: it is through, and is to be sent as it stands. False: it is held. */
  take(burst: EventBurst, i: number): boolean {
    const runner = this.#parts.runners[burst.queueId(i)]!;
    const cell = this.#parts.cells.find(burst.payload(i), burst.payloadHigh(i));
    if (burst.attempts(i) > 0) this.#parts.tally.count(runner.index, COUNTS.REDELIVERIES);
    if (runner.isKeyed && this.#busy.size > 0) {
      const key = flowKeyOf(runner, burst.flowId(i));
      if (this.#busy.has(key)) {
        this.#busy.wait(key, this.#keep(burst, i, runner, cell));
        return false;
      }
    }
    if (cell === undefined) {
      this.#fetch(this.#hold(burst, i, runner, cell));
      return false;
    }
    if (cell.mark === MARKS.NOT_BEGUN && !runner.hasRoom) {
      runner.backlog.push(this.#hold(burst, i, runner, cell));
      return false;
    }
    return this.#begin(burst, i, runner, cell, undefined);
  }

  /** Goes on with what is held, and sends what is through. */
  advance(): void {
    this.#parts.signals.check();
    this.#sendDone();
    if (this.held === 0) return;
    if (this.#alone === undefined && this.#suspects.length === 0) this.#startReady();
    else if (this.#alone === undefined && this.#running.size === 0) {
      this.#alone = this.#suspects.shift()!;
      this.#start(this.#alone);
    }
    this.#sendDone();
  }

  /** Open calls that began before this time, of stages with a time limit, are overdue. */
  overdue(now: number): Held | undefined {
    for (const held of this.#running) {
      const { timeoutMs } = held.runner.settings;
      if (timeoutMs > 0 && now - held.began > timeoutMs) return held;
    }
    return undefined;
  }

  /** The thread is about to end because of this call: the others are not to blame. */
  accuse(suspect: Held): void {
    for (const { cell } of this.#running) cell!.mark = MARKS.NOT_BEGUN;
    suspect.cell!.mark = MARKS.ALONE;
    this.#sendDone();
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
    const { board, seat, sender } = this.#parts;
    const { context, handler } = runner;
    this.#timedStage = runner.index;
    this.#waited = (sender.stamp - cell.stamp) | 0;
    context.show(cell, burst.flowId(i), cell.tries);
    if (this.#running.size === 1) this.#excuse();
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
    this.#leaveOpen(held ?? this.#hold(burst, i, runner, cell), result);
    return false;
  }

  /** Another call begins: the one that was open alone is no longer the only one to blame. */
  #excuse(): void {
    for (const { cell } of this.#running) cell!.mark = MARKS.BESIDE_OTHERS;
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
    const { tally } = this.#parts;
    const { retries, verdict } = runner.settings;
    cell.mark = MARKS.NOT_BEGUN;
    tally.count(runner.index, COUNTS.ERRORS);
    if (cell.retries < retries) {
      tally.count(runner.index, COUNTS.RETRIES);
      this.#tryLater(held ?? this.#hold(burst, i, runner, cell));
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
    if (cell.mark === MARKS.ALONE) cell.kills++;
    cell.tries++;
    cell.mark = MARKS.NOT_BEGUN;
    if (cell.kills >= this.#parts.attempts) {
      this.#giveUp(burst, i, runner, cell, KIND.DEAD, undefined);
      return true;
    }
    this.#suspects.push(held ?? this.#hold(burst, i, runner, cell));
    return false;
  }

  /** Keeps an event open; its flow is busy from now on. */
  #hold(burst: EventBurst, i: number, runner: StageRunner, cell: Cell | undefined): Held {
    const held = this.#keep(burst, i, runner, cell);
    if (runner.isKeyed) this.#busy.begin(held.flowKey);
    return held;
  }

  #keep(burst: EventBurst, i: number, runner: StageRunner, cell: Cell | undefined): Held {
    this.held++;
    return new Held(burst, i, runner, cell);
  }

  /** The call of a held event is a promise. */
  #leaveOpen(held: Held, promise: PromiseLike<unknown>): void {
    const { runner, cell } = held;
    const context = runner.leaveContext();
    held.began = this.#now;
    this.#timedStage = -1;
    const waited = this.#waited;
    cell!.mark = this.#running.size === 0 ? MARKS.ALONE : MARKS.BESIDE_OTHERS;
    this.#running.add(held);
    runner.running++;
    const settle = (through: () => boolean): void => {
      this.#running.delete(held);
      runner.running--;
      this.timed(performance.now());
      this.#parts.tally.time(runner.index, this.#now - held.began, waited);
      if (through()) this.#complete(held);
      this.#parts.latch.open();
    };
    const { event } = held;
    promise.then(
      (result) => settle(() => this.#finish(event, 0, runner, cell!, held, context, result)),
      (error: unknown) => {
        context.end();
        settle(() => this.#failed(event, 0, runner, cell!, held, error));
      },
    );
  }

  #tryLater(held: Held): void {
    const cell = held.cell!;
    const { delayMs, maxDelayMs } = held.runner.settings;
    const delay = Math.min(delayMs * 2 ** cell.retries, maxDelayMs);
    cell.retries++;
    cell.tries++;
    if (this.#alone === held) this.#alone = undefined;
    setTimeout(() => this.#makeReady(held), delay);
  }

  /** A large cell that was announced before this thread began to listen. */
  #fetch(held: Held): void {
    void this.#parts.cells.large.want(held.event.payload(0)).then((cell) => {
      cell.half = held.event.payloadHigh(0) & HALF_BIT;
      held.cell = cell;
      this.#makeReady(held);
    });
  }

  #makeReady(held: Held): void {
    this.#ready.push(held);
    this.#parts.latch.open();
  }

  #startReady(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const held of ready) {
      if (held.runner.hasRoom) this.#start(held);
      else held.runner.backlog.push(held);
    }
    for (const runner of this.#parts.stages) {
      while (runner.backlog.length > 0 && runner.hasRoom && this.#suspects.length === 0) {
        this.#start(runner.backlog.shift()!);
      }
    }
  }

  #start(held: Held): void {
    const { event, runner, cell } = held;
    if (cell === undefined) return this.#fetch(held);
    this.timed(performance.now());
    if (this.#begin(event, 0, runner, cell, held)) this.#complete(held);
    this.timed(performance.now());
  }

  /** A held event is through: the next of its flow may go. */
  #complete(held: Held): void {
    if (this.#alone === held) this.#alone = undefined;
    this.held--;
    this.#done.append(held.event, 0);
    if (this.#done.length === this.#done.capacity) this.#sendDone();
    if (!held.runner.isKeyed) return;
    const next = this.#busy.next(held.flowKey);
    if (next !== undefined) this.#makeReady(next);
  }

  #sendDone(): void {
    const { port } = this.#parts;
    for (let at = 0; at < this.#done.length;) {
      const sent = port.enqueueBurst(this.#done, at);
      // The domain has stopped: nobody waits for them.
      if (sent === 0) break;
      at += sent;
    }
    this.#done.clear();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
