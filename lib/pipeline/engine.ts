/**
 * The main thread's end of the domain: lets items in, takes out what became of them.
 *
 * Runs on: the thread that made the pipeline, which owns port 0. Everything that was let in comes out here,
 * with a result or without, so the counts are exact and cells have one owner for life.
 */
import type { Domain } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { EventBurst } from '../eventdev/event-burst.js';
import { SCHED } from '../eventdev/event.js';
import { attachPort } from '../port/index.js';
import type { Port } from '../port/index.js';
import type { Cell } from './cell.js';
import { NO_HOME } from './cell.js';
import { Cells } from './cells.js';
import { Encoder } from './codec.js';
import { Dependents } from './dependents.js';
import type { LargeCells } from './large-cells.js';
import { highOfLarge } from './large-ids.js';
import { firstQueues, MAIN_PORT, queuesOf } from './plan.js';
import type { ItemOwner, Roots } from './roots.js';
import type { Settings } from './settings.js';
import { clock } from './task.js';

/** Events enqueued or dequeued at once. */
const BURST = 128;
/** Events taken out before others on this thread have their turn. */
const POLL_MAX = 1024;
/** The event loop gets a turn when this long has passed since the last. */
const TURN_MS = 8;
/** When nothing more can be let in, what comes out is awaited in batches ... */
const BATCH = 128;
/** ... unless the first of a batch has waited this long. */
const BATCH_WITHIN_MS = 1;

export class Engine {
  pushed = 0;
  stalls = 0;
  /** Who is told when nothing is let in, or comes out, any more. */
  readonly dependents = new Dependents();
  readonly port: Port;
  readonly large: LargeCells;
  readonly #domain: Domain;
  readonly #settings: Settings;
  readonly #cells: Cells;
  /** By root: the buffer that is kept for it. */
  readonly #slots: readonly Cell[];
  readonly #free: number[];
  readonly #roots: Roots;
  readonly #encoder = new Encoder();
  readonly #out = new EventBurst(BURST);
  readonly #in = new EventBurst(BURST);
  readonly #queue: number;
  readonly #queues: number;
  #flushing = false;
  #flushingAfterTurn = false;
  #awaitingCredits = false;
  #pumping = false;
  #isWriting = false;
  #roomWaiters = new Set<() => void>();
  #idleWaiters: (() => void)[] = [];
  #stamp = clock(performance.now());

  constructor(domain: Domain, settings: Settings, large: LargeCells, roots: Roots) {
    this.#domain = domain;
    this.#settings = settings;
    this.large = large;
    this.port = attachPort(domain.attachment(MAIN_PORT));
    this.#cells = new Cells(this.port.buffers!, large, settings.bytes);
    this.#slots = this.#allocateAll(settings.window);
    this.#free = this.#slots.map((_, root) => root);
    this.#roots = roots;
    this.#queue = firstQueues(settings.stages)[0]!;
    this.#queues = queuesOf(settings.stages[0]!);
  }

  /** Set when nothing will come out any more. */
  get broken(): Dependents['broken'] {
    return this.dependents.broken;
  }

  /** Items let in that have not come out, or have dead letters that are not stored. */
  get inFlight(): number {
    return this.#slots.length - this.#free.length;
  }

  /** Items let in whose events have not all come out. */
  get #awaited(): number {
    return this.inFlight - this.#roots.burying;
  }

  /** Lets an item in. False when there is no room.
   *  @throws what the encoder throws; DlbError why the pipeline is broken. */
  admit(
    item: unknown,
    owner: ItemOwner,
    number: number,
    session: number,
    flow: number,
    priority: number,
  ): boolean {
    if (this.broken !== undefined) throw this.broken.reason;
    const root = this.#free.at(-1);
    if (this.#isWriting) return this.#stallNested();
    if (root === undefined || this.#out.length === BURST || this.#isTooLarge(item))
      return this.#stall();
    const cell = this.#writeAlone(item, root);
    if (cell === undefined) return this.#stall();
    this.#free.pop();
    cell.begin(root, session, NO_HOME);
    this.#roots.begin(root, owner, number, cell);
    const queue = this.#queues === 1 ? this.#queue : this.#queue + (flow % this.#queues);
    const i = this.#out.pushNew(queue, flow, SCHED.PARALLEL, cell.id);
    this.#out.setPriority(i, priority);
    this.#out.setPayloadHigh(i, cell.isLarge ? highOfLarge(cell.id, 0) : 0);
    this.pushed++;
    if (this.#out.length === BURST) this.flush();
    this.#startPump();
    return true;
  }

  /** Sends what was let in. */
  flush(): void {
    const out = this.#out;
    const wasFull = out.length === BURST;
    let sent = 0;
    while (sent < out.length) {
      const accepted = this.port.enqueueBurst(out, sent);
      if (accepted === 0) break;
      sent += accepted;
    }
    keepFrom(out, sent);
    this.#stamp = clock(performance.now());
    if (out.length > 0) void this.#flushLater();
    if (wasFull && sent > 0 && this.#roomWaiters.size > 0) queueMicrotask(this.tell);
  }

  /** What was refused goes when there are credits for it: what is in flight may be this alone, and then
   *  nothing comes that would wake the pump. */
  async #flushLater(): Promise<void> {
    if (this.#awaitingCredits) return;
    this.#awaitingCredits = true;
    const isAlive = await this.port.ready({ credits: 1 });
    this.#awaitingCredits = false;
    // Events end the wait as well: they are taken out, else it would end again at once.
    if (this.poll() === 0 && !isAlive) this.#checkAlive();
    if (this.broken !== undefined) return;
    this.flush();
  }

  /** Sends what was let in when the caller has come to an end. */
  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** Sends what was let in once nothing more comes by itself: callers that continue in microtasks fill bursts. */
  flushAfterTurn(): void {
    if (this.#flushingAfterTurn || this.#out.length === 0) return;
    this.#flushingAfterTurn = true;
    setImmediate(() => {
      this.#flushingAfterTurn = false;
      this.flush();
    });
  }

  /** Takes out what has come. Returns how many events. Does not throw: what goes wrong here breaks the pipeline. */
  poll(): number {
    try {
      return this.#poll();
    } catch (error) {
      this.break(error);
      return 0;
    }
  }

  #poll(): number {
    let taken = 0;
    while (taken < POLL_MAX) {
      const count = this.port.dequeueBurst(this.#in);
      if (count === 0) break;
      this.#cells.touch(this.#in);
      for (let i = 0; i < count; i++) this.#takeOut(i);
      taken += count;
    }
    if (taken > 0) this.tell();
    return taken;
  }

  /** Calls back once when there may be room. */
  whenRoom(callback: () => void): void {
    this.#roomWaiters.add(callback);
  }

  /** Resolves when everything has come out. */
  async idle(): Promise<void> {
    while (this.inFlight > 0 && this.broken === undefined) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  /** Nothing will come out any more; whoever waits for anything gets `reason`, the first that there was. */
  break(reason: unknown): void {
    if (this.broken !== undefined) return;
    this.#roots.disown();
    this.dependents.break(reason);
    // The pump need not wait for anything, and keeps the process alive while it does.
    this.port.detach();
    this.tell();
  }

  /** The root's slot may be used again. */
  readonly release = (root: number): void => {
    if (this.broken !== undefined) return;
    if (this.large.size > 0) this.large.freeOf(root);
    this.#free.push(root);
  };

  #stall(): false {
    if (this.#out.length > 0) this.flush();
    return false;
  }

  /** A guess that saves encoding an item that would not be let in. */
  #isTooLarge(item: unknown): boolean {
    if (this.large.bytes < this.#settings.largeBytes) return false;
    const length = (item as { length?: unknown } | null | undefined)?.length;
    return typeof length === 'number' && length > this.#settings.bytes;
  }

  /** As `#write`. What runs meanwhile, `toJSON` and getters of the item, cannot let items in. */
  #writeAlone(item: unknown, root: number): Cell | undefined {
    this.#isWriting = true;
    try {
      return this.#write(item, root);
    } finally {
      this.#isWriting = false;
    }
  }

  /** There is room as soon as the item at work is written. */
  #stallNested(): false {
    queueMicrotask(this.tell);
    return false;
  }

  /** Writes the item into the root's buffer, or into a large cell; undefined when there is no room for one. */
  #write(item: unknown, root: number): Cell | undefined {
    const cell = this.#slots[root]!;
    const { codec, largeBytes } = this.#settings;
    const length = this.#encoder.write(item, codec, cell.rooms[0]);
    if (length >= 0) {
      cell.fill(0, this.#encoder.kind, length, this.#stamp);
      return cell;
    }
    const { needed, kind, shared } = this.#encoder;
    if (this.large.bytes > 0 && this.large.bytes + 2 * needed > largeBytes) return undefined;
    const large = this.large.make(root, needed, shared);
    large.fill(0, kind, this.#encoder.writeKept(large.rooms[0]), this.#stamp);
    return large;
  }

  #takeOut(i: number): void {
    const cell = this.#cells.find(this.#in.payload(i), this.#in.payloadHigh(i));
    if (cell === undefined) {
      const payload = this.#in.payload(i);
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'an item came out that is not known', {
        payload,
      });
    }
    const { home } = cell;
    this.#roots.takeOut(cell);
    if (home !== NO_HOME) this.port.buffers!.free(home);
  }

  /** Whoever waits for room, or for the end, looks again. */
  readonly tell = (): void => {
    const waiters = this.#roomWaiters;
    if (waiters.size > 0) {
      this.#roomWaiters = new Set();
      for (const waiter of waiters) waiter();
    }
    if (this.inFlight > 0 && this.broken === undefined) return;
    const idle = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const waiter of idle) waiter();
  };

  #startPump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pump().catch((error: unknown) => this.break(error));
  }

  /** Takes out what comes while anything is to come. */
  async #pump(): Promise<void> {
    let lastTurn = performance.now();
    try {
      // Whoever let the item in may let in more before the first wait.
      await Promise.resolve();
      while (this.#awaited > 0 && this.broken === undefined) {
        this.flush();
        const isFull = this.#free.length === 0;
        const depth = isFull ? Math.min(BATCH, (this.#awaited >> 1) + 1) : 1;
        const isAlive = await this.port.ready({ depth, withinMs: BATCH_WITHIN_MS });
        if (this.poll() === 0 && !isAlive) this.#checkAlive();
        const now = performance.now();
        if (now - lastTurn < TURN_MS) continue;
        await new Promise((resolve) => setImmediate(resolve));
        lastTurn = performance.now();
      }
      // The last burst's credits return.
      this.port.release(this.port.outstanding);
    } finally {
      this.#pumping = false;
    }
  }

  /** Breaks when the domain is no longer started, with the domain's own reason if it has one. */
  #checkAlive(): void {
    const { state } = this.port;
    if (state === 'started') return;
    try {
      this.#domain.attachment(MAIN_PORT);
    } catch (reason) {
      return this.break(reason);
    }
    const what = `the port of the pipeline's main thread is ${state}`;
    this.break(new DlbError('ERR_DLB_DOMAIN_NOT_STARTED', what, { state }));
  }

  /** Takes as many buffers as items may be in flight, for good: their handles never change. */
  #allocateAll(count: number): Cell[] {
    const handles = new Int32Array(count);
    if (!this.port.buffers!.allocMany(count, handles)) {
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'the buffers of a new domain are not free', {
        count,
      });
    }
    return Array.from(handles, (handle) => this.#cells.ofBuffer(handle));
  }
}

/** Moves the events from `first` on to the front. */
function keepFrom(burst: EventBurst, first: number): void {
  const left = burst.length - first;
  if (left > 0 && first > 0) burst.words.copyWithin(0, first * 4, burst.length * 4);
  burst.length = left;
}
