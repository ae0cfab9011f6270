/**
 * A range of numbers, worked through by several threads: the calling one takes part.
 *
 * Runs on: the thread that opened the pool. It hands chunks to the workers, a few at a time, does the
 * next by itself, and waits for those that are out. A chunk whose thread dies is done by another.
 */
import { awaitable } from '../crew/awaitable.js';
import { CallScope } from '../crew/call-scope.js';
import { messageOf } from '../crew/message-of.js';
import { DlbError } from '../eventdev/errors.js';
import { Latch } from '../idle/latch.js';
import { Turns } from '../crew/turns.js';
import type { RangePlan } from './chunks.js';
import type { RangeSummary } from './contract.js';
import type { Arrivals, Exchange } from './exchange.js';
import type { Failure } from './failures.js';
import type { Helpers } from './helpers.js';
import { OUTCOME } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import type { RangeFunction } from './job.js';

/** A range that is under way, as the slots see it. */
interface Owner {
  /** A part that a seat was given is done. */
  back(buffer: JobBuffer, seat: number): void;
}

/** The buffers that parts of ranges travel in, shared by all ranges of a pool. */
export class RangeSlots implements Arrivals {
  readonly exchange: Exchange;
  /** Ranges under way. */
  readonly ranges = new Set<Range>();
  readonly #flow: number;
  readonly #free: JobBuffer[];
  readonly #owners = new Map<number, { readonly owner: Owner; readonly seat: number }>();
  /** By seat: parts that it was given. */
  readonly #given: number[];
  #polling = false;

  constructor(exchange: Exchange, flow: number, buffers: readonly JobBuffer[], seats: number) {
    this.exchange = exchange;
    this.#flow = flow;
    this.#free = [...buffers];
    this.#given = Array.from({ length: seats }, () => 0);
    exchange.connect(flow, this);
  }

  /** Parts that a seat was given, of all ranges, and has not given back. */
  given(seat: number): number {
    return this.#given[seat]!;
  }

  /** False when no buffer is free, or packs that were refused have to go first. */
  send(owner: Owner, seat: number, start: number, end: number): boolean {
    if (this.#free.length === 0 || !this.exchange.accepts) return false;
    const buffer = this.#free.pop()!;
    buffer.begin(start, 0);
    buffer.span = [start, end];
    this.#owners.set(buffer.slot, { owner, seat });
    this.#given[seat]!++;
    this.exchange.sendPart(this.#flow, buffer.slot, seat);
    return true;
  }

  arrive(slot: number): void {
    const buffer = this.exchange.buffers[slot]!;
    const { owner, seat } = this.#owners.get(slot)!;
    this.#owners.delete(slot);
    this.#given[seat]!--;
    owner.back(buffer, seat);
    this.exchange.failures.forget(buffer);
    this.#free.push(buffer);
  }

  wake(): void {
    for (const range of this.ranges) range.latch.open();
  }

  /** Polls when something has come. */
  watch(): void {
    if (this.#polling) return;
    this.#polling = true;
    void this.exchange.serve().then(() => {
      this.#polling = false;
      this.wake();
    });
  }

  poll(): void {
    if (this.exchange.broken !== undefined) return;
    try {
      this.exchange.poll();
    } catch (error) {
      this.exchange.break(error);
    }
  }
}

export class Range implements Owner {
  readonly latch = new Latch();
  readonly #plan: RangePlan;
  readonly #slots: RangeSlots;
  readonly #helpers: Helpers;
  readonly #act: (start: number, end: number) => unknown;
  #next: number;
  #out = 0;
  #chunks = 0;
  #own = 0;
  /** The calling thread's chunk is a pending promise. */
  #isBusy = false;
  /** Why no more chunks are begun; undefined may be a reason, hence the box. */
  #failure: { readonly reason: unknown } | undefined;

  constructor(
    plan: RangePlan,
    slots: RangeSlots,
    helpers: Helpers,
    range: RangeFunction,
    context: unknown,
  ) {
    this.#plan = plan;
    this.#slots = slots;
    this.#helpers = helpers;
    this.#next = plan.start;
    const scope = new CallScope();
    this.#act = (start, end) => scope.run(range, start, end, context);
  }

  /** @throws the first reason for an early end, when no chunk is in hand any more; at once why the pool broke. */
  async run(): Promise<RangeSummary> {
    const turns = new Turns();
    const { exchange } = this.#slots;
    while (!this.#isOver()) {
      if (exchange.broken !== undefined) throw exchange.broken.reason;
      this.#sendParts();
      if (this.#mayBegin && !this.#isBusy) {
        this.#doOne();
      } else {
        if (this.#out > 0) this.#slots.watch();
        await this.latch.wait();
        turns.waited();
      }
      if (turns.isDue) await turns.take();
      if (this.#out > 0) this.#slots.poll();
    }
    exchange.settle();
    if (this.#failure !== undefined) throw this.#failure.reason;
    return { threads: this.#plan.threads, chunks: this.#chunks, own: this.#own };
  }

  /** No more chunks are begun; the first reason counts. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.latch.open();
  }

  back(buffer: JobBuffer, seat: number): void {
    this.#out--;
    this.#helpers.back(seat);
    if (buffer.outcome === OUTCOME.FAILED) {
      this.fail(failed(buffer.span, this.#slots.exchange.failures.of(buffer)));
    }
    this.latch.open();
  }

  get #mayBegin(): boolean {
    return this.#failure === undefined && this.#next < this.#plan.end;
  }

  #isOver(): boolean {
    return !this.#mayBegin && this.#out === 0 && !this.#isBusy;
  }

  #take(): readonly [number, number] {
    const start = this.#next;
    const end = Math.min(start + this.#plan.chunk, this.#plan.end);
    this.#next = end;
    this.#chunks++;
    return [start, end];
  }

  /** The last chunk is the calling thread's: it would only wait. */
  #sendParts(): void {
    while (this.#mayBegin && !this.#isLast) {
      const seat = this.#helpers.next();
      const [start, end] = [this.#next, this.#next + this.#plan.chunk];
      if (seat === undefined || !this.#slots.send(this, seat, start, end)) break;
      this.#helpers.gave(seat);
      this.#out++;
      this.#take();
    }
    this.#slots.exchange.flush();
  }

  get #isLast(): boolean {
    return this.#next + this.#plan.chunk >= this.#plan.end;
  }

  #doOne(): void {
    const span = this.#take();
    this.#own++;
    try {
      const later = awaitable(this.#act(...span));
      if (later !== undefined) void this.#await(later, span);
    } catch (error) {
      this.#failOwn(span, error);
    }
  }

  async #await(result: PromiseLike<unknown>, span: readonly [number, number]): Promise<void> {
    this.#isBusy = true;
    try {
      await result;
    } catch (error) {
      this.#failOwn(span, error);
    }
    this.#isBusy = false;
    this.latch.open();
  }

  #failOwn(span: readonly [number, number], error: unknown): void {
    this.fail(failed(span, { reason: messageOf(error), cause: error }));
  }
}

function failed([start, end]: readonly [number, number], { reason, ...more }: Failure): DlbError {
  const details = { start, end, reason };
  const error = new DlbError('ERR_DLB_RANGE_FAILED', 'a part of a range failed', details);
  return Object.assign(error, more);
}
