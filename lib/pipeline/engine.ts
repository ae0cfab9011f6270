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
import type { Board } from './board.js';
import { ITEMS_MAX, NO_HOME } from './cell.js';
import type { Cell } from './cell.js';
import { Cells } from './cells.js';
import { Encoder } from './codec.js';
import { Dependents } from './dependents.js';
import { Folding } from './folding.js';
import { Gather, keepFrom } from './gather.js';
import type { LargeCells } from './large-cells.js';
import { highOfLarge } from './large-ids.js';
import { OwnCells } from './own-cells.js';
import { writeLarge } from './pack-builder.js';
import type { PackBuilder } from './pack-builder.js';
import { firstQueues, isGrouped, MAIN_PORT, PACK_BYTES, queuesOf, roomOf } from './plan.js';
import { WHOLE } from './roots.js';
import type { ItemOwner, Roots } from './roots.js';
import type { Settings } from './settings.js';
import { clock } from './task.js';
import { WarmUp } from './warm-up.js';

/** Events enqueued or dequeued at once. */
const BURST = 128;
const WHOLE_PART = { start: 0, weight: WHOLE };
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
  readonly folding: Folding;
  readonly warmUp: WarmUp;
  readonly #board: Board;
  /** Items of a pack at most. */
  #packMax: number;
  /** Who is told when nothing is let in, or comes out, any more. */
  readonly dependents = new Dependents();
  readonly port: Port;
  readonly large: LargeCells;
  readonly #domain: Domain;
  readonly #settings: Settings;
  readonly #cells: Cells;
  /** Roots that are in use by no item. */
  readonly #free: number[];
  readonly #own: OwnCells;
  readonly #gather: Gather;
  /** Items may become several. */
  readonly #hasParts: boolean;
  readonly #roots: Roots;
  readonly #encoder = new Encoder();
  readonly #out = new EventBurst(BURST + ITEMS_MAX);
  readonly #in = new EventBurst(BURST);
  readonly #queue: number;
  readonly #queues: number;
  /** Packs for the first stage hold items of one group of flows. */
  readonly #isGrouped: boolean;
  #flushing = false;
  #flushingAfterTurn = false;
  #awaitingCredits = false;
  #pumping = false;
  #isWriting = false;
  #roomWaiters = new Set<() => void>();
  #idleWaiters: (() => void)[] = [];
  #stamp = clock(performance.now());

  constructor(domain: Domain, settings: Settings, board: Board, large: LargeCells, roots: Roots) {
    this.#domain = domain;
    this.#settings = settings;
    this.#board = board;
    this.folding = new Folding(board, settings, () => queueMicrotask(this.tell));
    this.warmUp = new WarmUp(board, settings, this.tell);
    this.#packMax = this.warmUp.packMax;
    this.large = large;
    this.port = attachPort(domain.attachment(MAIN_PORT));
    this.#hasParts = settings.pieces > 1;
    const { bytes } = settings;
    this.#cells = new Cells(this.port.buffers!, large, roomOf(bytes), this.#hasParts);
    this.#gather = new Gather(this.#hasParts);
    this.#own = new OwnCells(this.port.buffers!, this.#cells, settings.window);
    this.#free = Array.from({ length: settings.window }, (_, root) => root);
    this.#roots = roots;
    this.#isGrouped = isGrouped(settings.stages[0]!);
    this.#queue = firstQueues(settings.stages)[0]!;
    this.#queues = queuesOf(settings.stages[0]!);
  }

  /** Set when nothing will come out any more. */
  get broken(): Dependents['broken'] {
    return this.dependents.broken;
  }

  /** Items let in that have not come out, or have dead letters that are not stored. */
  get inFlight(): number {
    return this.#settings.window - this.#free.length;
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
    if (this.#isWriting) return this.#stallNested();
    if (this.folding.holdsBack(this.inFlight)) return this.#stall();
    const root = this.#free.at(-1);
    if (root === undefined || this.#out.length >= BURST || this.#isTooLarge(item))
      return this.#stall();
    const queue = this.#queues === 1 ? this.#queue : this.#queue + (flow % this.#queues);
    const group = this.#isGrouped ? this.#board.groupOf(0, flow) : 0;
    const pack = this.#gather.packFor(session, queue, group, priority);
    if (!this.#writeAlone(item, root, flow, pack)) return this.#stall();
    this.#free.pop();
    this.#roots.begin(root, owner, number);
    this.pushed++;
    if (pack.count >= this.#packMax || pack.bytes > PACK_BYTES) this.#close(pack);
    if (this.#out.length >= BURST) this.flush();
    this.#startPump();
    return true;
  }

  /** Sends what was let in. */
  flush(): void {
    const out = this.#out;
    const wasFull = out.length >= BURST;
    let sent = 0;
    for (;;) {
      for (let pack = this.#gather.oldest; pack && out.length < BURST; pack = this.#gather.oldest)
        this.#close(pack);
      const accepted = this.port.enqueueBurst(out);
      keepFrom(out, accepted);
      sent += accepted;
      if (accepted === 0 || (out.length === 0 && this.#gather.size === 0)) break;
    }
    const now = performance.now();
    this.#stamp = clock(now);
    this.#packMax = this.#board.wished(this.#settings.workers, 0) || this.warmUp.packMax;
    this.folding.look(now);
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
    if (this.#flushingAfterTurn || (this.#out.length === 0 && this.#gather.size === 0)) return;
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
    this.folding.stop();
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
  #writeAlone(item: unknown, root: number, flow: number, pack: PackBuilder): boolean {
    this.#isWriting = true;
    try {
      return this.#write(item, root, flow, pack);
    } finally {
      this.#isWriting = false;
      if (pack.count === 0) this.#gather.drop(pack);
    }
  }

  /** There is room as soon as the item at work is written. */
  #stallNested(): false {
    queueMicrotask(this.tell);
    return false;
  }

  /** Adds the item to the pack, or sends it in a large cell; false when there is no room for one. */
  #write(item: unknown, root: number, flow: number, pack: PackBuilder): boolean {
    const { bytes, codec, largeBytes } = this.#settings;
    const encoder = this.#encoder;
    if (encoder.write(item, codec, pack.stage, bytes)) {
      pack.add(root, flow, encoder);
      if (this.#hasParts) pack.place(0, WHOLE);
      return true;
    }
    const { needed, shared } = encoder;
    if (this.large.bytes > 0 && this.large.bytes + 2 * needed > largeBytes) return false;
    const cell = this.large.prepare(root, needed, shared);
    const { session, queue, priority } = pack;
    cell.begin(session, NO_HOME);
    // At once: the encoder keeps it as long as nothing else is encoded.
    writeLarge(cell, root, flow, encoder, this.#stamp, this.#hasParts ? WHOLE_PART : undefined);
    // What was let in before it goes before it.
    if (pack.count > 0) this.#close(pack);
    this.large.announce(cell);
    this.#push(cell, queue, pack.flow, priority);
    return true;
  }

  /** The pack goes in line. */
  #close(pack: PackBuilder): void {
    const cell = this.#own.take();
    cell.begin(pack.session, cell.id);
    if (pack.writeTo(cell, 0, this.#stamp)) {
      this.#push(cell, pack.queue, pack.flow, pack.priority);
    } else {
      this.#own.give(cell.id);
      for (const part of pack.split()) this.#close(part);
    }
    this.#gather.drop(pack);
  }

  #push(cell: Cell, queue: number, flow: number, priority: number): void {
    const i = this.#out.pushNew(queue, flow, SCHED.PARALLEL, cell.id);
    this.#out.setPriority(i, priority);
    this.#out.setPayloadHigh(i, cell.isLarge ? highOfLarge(cell.id, 0) : 0);
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
    if (home !== NO_HOME) this.#own.give(home);
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
        // Some of many cost as little as one.
        const depth = Math.min(BATCH, (this.#awaited >> (this.#free.length === 0 ? 1 : 3)) + 1);
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
}
