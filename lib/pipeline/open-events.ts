/**
 * The events that a worker keeps open beyond the burst in which they came: calls that are pending promises,
 * events that wait for their flow, for a place or for their time, suspects.
 *
 * Runs on: the worker. A flow of a keyed stage that has an event here is busy: what follows waits behind
 * it, in order, so the flow stays exclusive and in order while the scheduler sees only that this port has it.
 */
import { EventBurst } from '../eventdev/event-burst.js';
import { OPEN_WIDE_MAX } from '../eventdev/limits.js';
import type { Latch } from '../idle/latch.js';
import type { Port } from '../port/index.js';
import type { Board } from './board.js';
import { MARKS } from './cell.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';
import { BusyFlows, flowKeyOf, Held, takeFrom } from './held.js';
import { largeId } from './large-ids.js';
import type { StageRunner } from './stage-runner.js';
import { HALF_BIT } from './task.js';

/** Events whose stages have no place for another call are kept here to reach those of other stages behind them,
 *  so many at most: another worker may have a place for them. */
const BACKLOG_MAX = 256;
/** A promise that is pending for so long is not what ends its thread when another call begins, and whoever is
 *  called alone is alone for so long: others must not wait for a call that does not end. Twice as long with each
 *  thread that the item has seen end. */
const ALONE_MS = 200;
const DOUBLINGS_MAX = 6;
/** Completed ones are sent at the latest when there are so many. */
const DONE_MAX = 256;

export interface OpenEventsParts {
  readonly board: Board;
  readonly port: Port;
  readonly cells: Cells;
  /** Opened when an open call settles. */
  readonly latch: Latch;
  /** Those that the worker serves. */
  readonly stages: readonly StageRunner[];
}

export class OpenEvents {
  count = 0;
  /** Why the loop cannot go on. */
  fault: { readonly fault: unknown } | undefined;
  /** Calls an event's handler. True: the event is through. */
  start: (held: Held) => boolean = () => false;
  readonly #parts: OpenEventsParts;
  readonly #busy = new BusyFlows();
  /** Calls whose promises are pending. */
  readonly #running = new Set<Held>();
  /** The one that is to blame if the thread ends. */
  #only: Held | undefined;
  /** To be called as soon as there is room. */
  #ready: Held[] = [];
  /** To be called when their time has come. */
  readonly #delayed = new Map<Held, ReturnType<typeof setTimeout>>();
  /** To be called alone, and the one that is. */
  readonly #suspects: Held[] = [];
  #alone: Held | undefined;
  /** Whether those that are to be called alone have waited long enough for pending promises. */
  #isPatient = true;
  /** Through, and not sent. */
  readonly #done = new EventBurst(DONE_MAX);
  /** Stages with a time limit, the shortest first. */
  readonly #limited: readonly StageRunner[];

  constructor(parts: OpenEventsParts) {
    this.#parts = parts;
    this.#limited = parts.stages
      .filter(({ settings }) => settings.timeoutMs > 0)
      .toSorted((a, b) => a.settings.timeoutMs - b.settings.timeoutMs);
  }

  /** How many events to take, of `max`. */
  room(max: number): number {
    if (this.count === 0) return max;
    if (this.#suspects.length > 0 || this.#alone !== undefined) return 0;
    let free = 0;
    let waiting = 0;
    for (const { settings, running, backlog } of this.#parts.stages) {
      free += Math.max(0, settings.concurrency - running - backlog.length);
      waiting += backlog.length;
    }
    // What waits for its time, its flow or its cell takes nobody's place.
    return Math.max(0, Math.min(max, free, BACKLOG_MAX - waiting, OPEN_WIDE_MAX - this.count));
  }

  /** Goes on with what waits, and sends what is through. */
  advance(): void {
    this.sendDone();
    if (this.count === 0) return;
    do {
      this.#startSuspects();
      if (this.#alone === undefined && this.#suspects.length === 0) this.#startReady();
      // What was ready may have turned out to be a suspect.
    } while (this.#mayStartSuspect());
    this.sendDone();
  }

  /** Keeps event `i` behind those of its flow, if the flow is busy. */
  queueIfBusy(burst: EventBurst, i: number, runner: StageRunner, cell: Cell | undefined): boolean {
    if (this.#busy.size === 0 || !runner.isKeyed) return false;
    const key = flowKeyOf(runner, burst.flowId(i));
    if (!this.#busy.has(key)) return false;
    this.#busy.wait(key, this.#keep(burst, i, runner, cell));
    return true;
  }

  /** Keeps event `i` open; its flow is busy from now on. */
  hold(burst: EventBurst, i: number, runner: StageRunner, cell: Cell | undefined): Held {
    const held = this.#keep(burst, i, runner, cell);
    if (runner.isKeyed) this.#busy.begin(held.flowKey);
    return held;
  }

  /** A call begins: one that was open alone is no longer the only one to blame. */
  excuse(): void {
    const only = this.#only;
    if (only === undefined) return;
    this.#only = undefined;
    if (this.#running.has(only)) setMark(only, MARKS.BESIDE_OTHERS);
  }

  /** The event's call is a pending promise. */
  run(held: Held): void {
    const isAlone = this.#running.size === 0 || this.#alone === held;
    setMark(held, isAlone ? MARKS.ALONE : MARKS.BESIDE_OTHERS);
    if (isAlone) this.#only = held;
    this.#running.add(held);
    held.runner.running++;
  }

  /** The promise has settled: its event is complete, or called later. */
  stop(held: Held): void {
    this.#running.delete(held);
    held.runner.running--;
    this.#parts.latch.open();
  }

  /** What goes on outside of the loop has failed: so has the loop. */
  fail(fault: unknown): void {
    this.fault ??= { fault };
    this.#parts.latch.open();
  }

  /** The stage with the shortest time limit that has a call open. */
  get watched(): StageRunner | undefined {
    return this.#running.size === 0 ? undefined : this.#limited.find(({ running }) => running > 0);
  }

  /** A thread has died with the event: it is called alone. */
  suspect(held: Held): void {
    if (this.#suspects.push(held) > 1 || this.#running.size === 0) return;
    this.#isPatient = true;
    this.#later(ALONE_MS, () => (this.#isPatient = false));
  }

  callLater(held: Held, delayMs: number): void {
    if (this.#alone === held) this.#alone = undefined;
    const isDue = (): void => {
      this.#delayed.delete(held);
      this.#makeReady(held);
    };
    this.#delayed.set(held, setTimeout(isDue, delayMs));
  }

  /** Events wait here that are not called next: it is to be looked whether they are wanted. */
  get isWaiting(): boolean {
    return this.count > this.#running.size;
  }

  /** What waits and is no longer wanted goes at once, whatever it waits for. */
  dropUnwanted(): void {
    if (!this.isWaiting) return;
    // Behind others of their flows, which go on.
    for (const held of this.#busy.take(this.#isUnwanted)) if (this.start(held)) this.#end(held);
    for (const held of takeFrom(this.#suspects, this.#isUnwanted)) this.#start(held);
    for (const { backlog } of this.#parts.stages) {
      for (const held of takeFrom(backlog, this.#isUnwanted)) this.#start(held);
    }
    for (const held of takeFrom([...this.#delayed.keys()], this.#isUnwanted)) {
      clearTimeout(this.#delayed.get(held));
      this.#delayed.delete(held);
      this.#start(held);
    }
    this.sendDone();
  }

  readonly #isUnwanted = ({ cell }: Held): boolean =>
    cell !== undefined && !this.#parts.board.isWanted(cell.session);

  /** A large cell that was announced before this thread began to listen is asked for. */
  async fetch(held: Held): Promise<void> {
    const high = held.event.payloadHigh(0);
    const cell = await this.#parts.cells.large.want(largeId(held.event.payload(0), high));
    cell.half = high & HALF_BIT;
    held.cell = cell;
    this.#makeReady(held);
  }

  /** The event is through: the next of its flow may go. */
  complete(held: Held): void {
    if (this.#alone === held) this.#alone = undefined;
    this.#end(held);
    if (!held.runner.isKeyed) return;
    const next = this.#busy.next(held.flowKey);
    if (next !== undefined) this.#makeReady(next);
  }

  /** Something else has kept the event loop from turning for so long. */
  allow(ms: number): void {
    for (const held of this.#running) held.waited += ms;
  }

  /** An open call that takes longer than its stage allows. */
  overdue(now: number): Held | undefined {
    for (const held of this.#running) {
      const { timeoutMs } = held.runner.settings;
      if (timeoutMs > 0 && now - held.began - held.waited > timeoutMs) return held;
    }
    return undefined;
  }

  /** The thread is about to end because of this call: the others are not to blame. */
  accuse(suspect: Held): void {
    for (const held of this.#running) setMark(held, MARKS.TRIED);
    setMark(suspect, MARKS.ALONE);
    this.sendDone();
  }

  sendDone(): void {
    for (let at = 0; at < this.#done.length;) {
      const sent = this.#parts.port.enqueueBurst(this.#done, at);
      // The domain has stopped: nobody waits for them.
      if (sent === 0) break;
      at += sent;
    }
    this.#done.clear();
  }

  #end(held: Held): void {
    this.count--;
    this.#done.append(held.event, 0);
    if (this.#done.length === this.#done.capacity) this.sendDone();
  }

  #keep(burst: EventBurst, i: number, runner: StageRunner, cell: Cell | undefined): Held {
    this.count++;
    return new Held(burst, i, runner, cell);
  }

  #makeReady(held: Held): void {
    this.#ready.push(held);
    this.#parts.latch.open();
  }

  #startSuspects(): void {
    while (this.#mayStartSuspect()) {
      const alone = this.#suspects.shift()!;
      this.#alone = alone;
      this.#start(alone);
      if (this.#alone === alone) this.#endAlone(alone);
    }
  }

  #mayStartSuspect(): boolean {
    const isQuiet = this.#running.size === 0 || !this.#isPatient;
    return this.#alone === undefined && this.#suspects.length > 0 && isQuiet;
  }

  /** The call is a promise. */
  #endAlone(held: Held): void {
    this.#later(ALONE_MS * 2 ** Math.min(held.cell!.tries - 1, DOUBLINGS_MAX), () => {
      if (this.#alone === held) this.#alone = undefined;
      this.#isPatient = false;
    });
  }

  #later(ms: number, act: () => void): void {
    setTimeout(() => {
      act();
      this.#parts.latch.open();
    }, ms);
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
    if (held.cell === undefined) void this.fetch(held);
    else if (this.start(held)) this.complete(held);
  }
}

function setMark({ cell, runner }: Held, mark: number): void {
  cell!.setMark(mark, runner.caller);
}
