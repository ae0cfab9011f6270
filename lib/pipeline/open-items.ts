/**
 * The items that a worker keeps open beyond the burst in which they came: calls that are pending promises,
 * items that wait for their flow, for a place or for their time, suspects.
 *
 * Runs on: the worker. A flow of a keyed stage that has an item here is busy: what follows waits behind
 * it, in order, so the flow stays exclusive and in order while the scheduler sees only that this port has it. The parcel
 * that an item came in is open as long as any item of it; what is done of it goes on before.
 */
import { OPEN_WIDE_MAX } from '../eventdev/limits.js';
import type { Latch } from '../idle/latch.js';
import type { Board } from './board.js';
import { MARKS } from './cell.js';
import type { Cells } from './cells.js';
import { Fetches } from './fetches.js';
import { BusyFlows, flowKeyOf, Held, takeFrom } from './held.js';
import type { Parcel } from './parcel.js';
import type { Sender } from './sender.js';
import type { StageRunner } from './stage-runner.js';

/** Items whose stages have no place for another call are kept here to reach those of other stages behind them,
 *  so many at most: another worker may have a place for them. */
const BACKLOG_MAX = 256;
/** A promise that is pending for so long is not what ends its thread when another call begins, and whoever is
 *  called alone is alone for so long: others must not wait for a call that does not end. Twice as long with each
 *  thread that the item has seen end. */
const ALONE_MS = 200;
const DOUBLINGS_MAX = 6;
/** Calls that follow others at once may take so long, where handlers take arrays, before the event loop has its turn. */
const GO_ON_MS = 4;
/** Others get what waits here for a place when there has been none for so long. */
const FULL_MS = 20;

export interface OpenItemsParts {
  readonly board: Board;
  readonly sender: Sender;
  readonly cells: Cells;
  /** Opened when an open call settles. */
  readonly latch: Latch;
  /** Those that the worker serves. */
  readonly stages: readonly StageRunner[];
}

export class OpenItems {
  /** Items that are open, and parcels. */
  count = 0;
  parcels = 0;
  /** Why the loop cannot go on. */
  fault: { readonly fault: unknown } | undefined;
  /** Calls an item's handler. True: the item is through. */
  start: (held: Held) => boolean = () => false;
  /** Told of a parcel that is through. */
  onThrough: (parcel: Parcel) => void = () => {};
  /** Goes on with a parcel whose cell has come. */
  advance: (parcel: Parcel) => void = () => {};
  /** Calls a handler of arrays with some of those that wait for it. */
  startArray: (runner: StageRunner) => void = () => {};
  readonly #parts: OpenItemsParts;
  readonly busy = new BusyFlows();
  readonly fetches: Fetches;
  /** The worker serves stages whose handlers take arrays. */
  readonly hasArrays: boolean;
  /** Calls whose promises are pending. */
  readonly #running = new Set<Held>();
  #isSettling = false;
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
  /** Parcels of which more is done than was sent. */
  readonly #done = new Set<Parcel>();
  /** Stages with a time limit, the shortest first. */
  readonly #limited: readonly StageRunner[];

  constructor(parts: OpenItemsParts) {
    this.#parts = parts;
    this.fetches = new Fetches(parts.cells, parts.latch, this);
    this.hasArrays = parts.stages.some(({ takesArrays }) => takesArrays);
    this.#limited = parts.stages
      .filter(({ settings }) => settings.timeoutMs > 0)
      .toSorted((a, b) => a.settings.timeoutMs - b.settings.timeoutMs);
  }

  /** How many parcels to take, of `max`. */
  room(max: number): number {
    if (this.parcels === 0) return max;
    if (this.#suspects.length > 0 || this.#alone !== undefined) return 0;
    let free = 0;
    let waiting = 0;
    for (const { settings, running, backlog, batch } of this.#parts.stages) {
      free += Math.max(0, (settings.concurrency - running) * batch - backlog.length);
      waiting += backlog.length;
    }
    // What waits for its time, its flow or its cell takes nobody's place.
    const places = Math.ceil((free * this.parcels) / Math.max(1, this.count));
    return Math.max(0, Math.min(max, places, BACKLOG_MAX - waiting, OPEN_WIDE_MAX - this.parcels));
  }

  /** Goes on with what waits, and sends what is through. */
  goOn(): void {
    this.sendDone();
    this.#parts.sender.flush();
    if (this.count === 0) return;
    const until = this.hasArrays ? performance.now() + GO_ON_MS : 0;
    do {
      // A flow's order is that in which its packs are sent.
      this.sendDone();
      this.#startSuspects();
      if (this.#mayStartReady) this.#startReady(until);
      // What was ready may have turned out to be a suspect.
    } while (this.#mayStartSuspect() || this.#isMoreReady(until));
    this.sendDone();
    this.#parts.sender.flush();
  }

  /** Keeps the item behind those of its flow, if the flow is busy. */
  queueIfBusy(parcel: Parcel, i: number): boolean {
    const { runner, cell } = parcel;
    if (this.busy.size === 0 || !runner.isKeyed) return false;
    const key = flowKeyOf(runner, cell!.flow(i));
    if (!this.busy.has(key)) return false;
    this.busy.wait(key, this.#keep(parcel, i));
    return true;
  }

  /** Keeps the item open; its flow is busy from now on. */
  hold(parcel: Parcel, i: number): Held {
    const held = this.#keep(parcel, i);
    if (parcel.runner.isKeyed) this.busy.begin(held.flowKey);
    return held;
  }

  /** The parcel is not through with this burst. */
  keep(parcel: Parcel): void {
    this.parcels++;
    parcel.isKept = true;
    if (parcel.hasResults) this.#done.add(parcel);
  }

  /** It is, and is sent by itself. */
  forget(parcel: Parcel): void {
    this.#done.delete(parcel);
  }

  /** A call begins: one that was open alone is no longer the only one to blame. */
  excuse(): void {
    const only = this.#only;
    if (only === undefined) return;
    this.#only = undefined;
    if (this.#running.has(only)) setMark(only, MARKS.BESIDE_OTHERS);
  }

  /** The item's call is a pending promise. */
  run(held: Held): void {
    const isOne = held.others.length === 0;
    const isAlone = isOne && (this.#running.size === 0 || this.#alone === held);
    setMark(held, isAlone ? MARKS.ALONE : MARKS.BESIDE_OTHERS);
    if (isAlone) this.#only = held;
    this.#running.add(held);
    held.runner.running++;
  }

  /** The promise has settled: its item is complete, or called later. */
  stop(held: Held): void {
    this.#running.delete(held);
    held.runner.running--;
    if (this.#isSettling) return;
    // Those that settle in the same turn of the event loop go on together.
    this.#isSettling = true;
    setImmediate(this.#settled);
  }

  readonly #settled = (): void => {
    this.#isSettling = false;
    this.#parts.latch.open();
  };

  /** What goes on outside of the loop has failed: so has the loop. */
  fail(fault: unknown): void {
    this.fault ??= { fault };
    this.#parts.latch.open();
  }

  /** The stage with the shortest time limit that has a call open. */
  get watched(): StageRunner | undefined {
    return this.#running.size === 0 ? undefined : this.#limited.find(({ running }) => running > 0);
  }

  /** A thread has died with the item: it is called alone. */
  suspect(held: Held): void {
    if (this.#suspects.push(held) > 1 || this.#running.size === 0) return;
    this.#isPatient = true;
    this.#later(ALONE_MS, () => (this.#isPatient = false));
  }

  callLater(held: Held, delayMs: number): void {
    if (this.#alone === held) this.#alone = undefined;
    const isDue = (): void => {
      this.#delayed.delete(held);
      this.makeReady(held);
    };
    this.#delayed.set(held, setTimeout(isDue, delayMs));
  }

  /** Items wait here that are not called next: it is to be looked whether they are wanted. */
  get isWaiting(): boolean {
    return this.count > this.#running.size;
  }

  /** What waits and is no longer wanted goes at once, whatever it waits for. */
  dropUnwanted(): void {
    if (!this.isWaiting) return;
    // Behind others of their flows, which go on.
    for (const held of this.busy.take(this.#isUnwanted)) if (this.start(held)) this.end(held);
    for (const held of takeFrom(this.#suspects, this.#isUnwanted)) this.call(held);
    for (const { backlog } of this.#parts.stages) {
      for (const held of takeFrom(backlog, this.#isUnwanted)) this.call(held);
    }
    for (const held of takeFrom([...this.#delayed.keys()], this.#isUnwanted)) {
      clearTimeout(this.#delayed.get(held));
      this.#delayed.delete(held);
      this.call(held);
    }
    this.sendDone();
    this.#parts.sender.flush();
  }

  /** Gives back what waits for a place that does not become free: other workers may have one. */
  giveBack(now: number): void {
    const { sender, stages } = this.#parts;
    for (const runner of stages) {
      if (runner.hasRoom) runner.fullSince = Infinity;
      else runner.fullSince = Math.min(runner.fullSince, now);
      if (runner.settings.schedule !== 'parallel' || now - runner.fullSince < FULL_MS) continue;
      for (const held of takeFrom(runner.backlog, isMovable)) {
        if (sender.giveBack(held.parcel, held.index)) this.end(held);
        else runner.backlog.push(held);
      }
    }
    this.sendDone();
    sender.flush();
  }

  readonly #isUnwanted = ({ cell }: Held): boolean => !this.#parts.board.isWanted(cell.session);

  /** The item is through: the next of its flow may go. */
  complete(held: Held): void {
    if (this.#alone === held) this.#alone = undefined;
    this.end(held);
    if (held.runner.isKeyed) this.release(held.flowKey);
  }

  /** The open item of the flow is done. */
  release(flowKey: number): void {
    const next = this.busy.next(flowKey);
    if (next !== undefined) this.makeReady(next);
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
    // Which item of several it is shows when each is called by itself.
    setMark(suspect, suspect.others.length === 0 ? MARKS.ALONE : MARKS.BESIDE_OTHERS);
    this.sendDone();
    this.#parts.sender.flush();
  }

  /** Puts in line what is through, and what is done of parcels that are not. */
  sendDone(): void {
    if (this.#done.size === 0) return;
    const { sender } = this.#parts;
    for (const parcel of this.#done) {
      // In hand: whoever has it sends it.
      if (!parcel.isKept) continue;
      if (parcel.left === 0) {
        this.parcels--;
        sender.complete(parcel);
        this.onThrough(parcel);
      } else if (parcel.hasResults) sender.renew(parcel);
      this.#done.delete(parcel);
    }
  }

  /** What becomes of the item is written; its flow is not released. */
  end({ parcel, index }: Held): void {
    this.count--;
    parcel.done(index);
    this.#done.add(parcel);
  }

  #keep(parcel: Parcel, i: number): Held {
    this.count++;
    return new Held(parcel, i);
  }

  /** It is called as soon as there is room. */
  makeReady(held: Held): void {
    this.#ready.push(held);
    this.#parts.latch.open();
  }

  #startSuspects(): void {
    while (this.#mayStartSuspect()) {
      const alone = this.#suspects.shift()!;
      this.#alone = alone;
      this.call(alone);
      if (this.#alone === alone) this.#endAlone(alone);
    }
  }

  #mayStartSuspect(): boolean {
    const isQuiet = this.#running.size === 0 || !this.#isPatient;
    return this.#alone === undefined && this.#suspects.length > 0 && isQuiet;
  }

  /** The call is a promise. */
  #endAlone(held: Held): void {
    this.#later(ALONE_MS * 2 ** Math.min(held.cell.tries(held.index) - 1, DOUBLINGS_MAX), () => {
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

  get #mayStartReady(): boolean {
    return this.#alone === undefined && this.#suspects.length === 0;
  }

  /** What a call of several has released, or has to be called one by one. */
  #isMoreReady(until: number): boolean {
    return until > 0 && this.#ready.length > 0 && this.#mayStartReady && performance.now() < until;
  }

  #startReady(until: number): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const [k, held] of ready.entries()) {
      // The rest goes on behind a turn of the event loop.
      if (until > 0 && performance.now() >= until) {
        this.#ready.unshift(...ready.slice(k));
        this.#parts.latch.open();
        return;
      }
      const { runner } = held;
      if (runner.hasRoom && !(runner.takesArrays && held.isFresh)) this.call(held);
      else runner.backlog.push(held);
    }
    for (const runner of this.#parts.stages) while (this.startNext(runner, 1));
  }

  /** Makes the next call of those that wait for a place, if there are so many. False: there is none now. */
  startNext(runner: StageRunner, least: number): boolean {
    const { backlog, hasRoom, takesArrays } = runner;
    if (backlog.length < least || !hasRoom || this.#suspects.length > 0) return false;
    if (takesArrays) this.startArray(runner);
    else this.call(backlog.shift()!);
    return true;
  }

  /** Calls the item's handler, with nothing but this item where it takes arrays. */
  call(held: Held): void {
    if (this.start(held)) this.complete(held);
  }
}

/** It was not begun, so nobody is to be blamed for it. */
function isMovable({ cell, index }: Held): boolean {
  return cell.mark(index) === MARKS.NOT_BEGUN;
}

function setMark(held: Held, mark: number): void {
  held.mark(mark);
  for (const other of held.others) other.mark(mark);
}
