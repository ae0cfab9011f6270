/**
 * A range of numbers, worked through by several threads: the calling one takes part.
 *
 * Runs on: the thread that opened the pool. It hands chunks to the workers, a few at a time, does the
 * next by itself, and waits for those that are out. A chunk whose thread dies is done by another.
 */
import { messageOf } from '../crew/message-of.js';
import { DlbError } from '../eventdev/errors.js';
import { Latch } from '../idle/latch.js';
import type { RangePlan } from './chunks.js';
import type { RangeSummary } from './contract.js';
import type { Arrivals, Exchange } from './exchange.js';
import { OUTCOME } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import type { RangeFunction } from './job.js';

/** The event loop gets a turn when this long has passed since the last. */
const TURN_MS = 8;

/** The buffers that parts of ranges travel in, shared by all ranges of a pool. */
export class RangeSlots implements Arrivals {
  readonly exchange: Exchange;
  readonly #flow: number;
  readonly #free: JobBuffer[];
  readonly #owners = new Map<number, Range>();
  #polling = false;

  constructor(exchange: Exchange, flow: number, buffers: readonly JobBuffer[]) {
    this.exchange = exchange;
    this.#flow = flow;
    this.#free = [...buffers];
    exchange.connect(flow, this);
  }

  /** False when no buffer is free, or packs that were refused have to go first. */
  send(owner: Range, start: number, end: number): boolean {
    if (this.#free.length === 0 || !this.exchange.accepts) return false;
    const buffer = this.#free.pop()!;
    buffer.begin(start, 0);
    buffer.span = [start, end];
    this.#owners.set(buffer.slot, owner);
    this.exchange.sendPart(this.#flow, buffer.slot);
    return true;
  }

  arrive(slot: number): void {
    const buffer = this.exchange.buffers[slot]!;
    const owner = this.#owners.get(slot)!;
    this.#owners.delete(slot);
    this.#free.push(buffer);
    owner.back(buffer);
  }

  wake(): void {
    for (const owner of this.#owners.values()) owner.latch.open();
  }

  /** Polls when something has come. */
  watch(): void {
    if (this.#polling) return;
    this.#polling = true;
    void this.exchange.port.ready().then(() => {
      this.#polling = false;
      this.exchange.checkAlive();
      if (this.exchange.broken === undefined) this.exchange.poll();
      this.exchange.settle();
      this.wake();
    });
  }
}

export class Range {
  readonly latch = new Latch();
  readonly #plan: RangePlan;
  readonly #slots: RangeSlots;
  readonly #depth: number;
  readonly #act: (start: number, end: number) => void | Promise<void>;
  #next: number;
  #out = 0;
  #chunks = 0;
  #own = 0;
  /** Why no more chunks are begun; undefined may be a reason, hence the box. */
  #failure: { readonly reason: unknown } | undefined;

  /** @param depth chunks that helpers have at a time. */
  constructor(
    plan: RangePlan,
    slots: RangeSlots,
    depth: number,
    range: RangeFunction,
    context: unknown,
  ) {
    this.#plan = plan;
    this.#slots = slots;
    this.#depth = depth;
    this.#next = plan.start;
    this.#act = (start, end) => range(start, end, context);
  }

  /** @throws the first reason for an early end, when no chunk is with a worker any more. */
  async run(): Promise<RangeSummary> {
    let lastTurn = performance.now();
    const { exchange } = this.#slots;
    while (!this.#isOver()) {
      if (exchange.broken !== undefined) throw exchange.broken.reason;
      this.#sendParts();
      if (this.#mayBegin) await this.#doOne();
      else if (this.#out > 0) {
        this.#slots.watch();
        await this.latch.wait();
      }
      if (performance.now() - lastTurn >= TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        lastTurn = performance.now();
      }
      if (this.#out > 0 && exchange.broken === undefined) exchange.poll();
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

  /** A part is done. */
  back(buffer: JobBuffer): void {
    this.#out--;
    if (buffer.outcome === OUTCOME.FAILED) this.fail(failed(buffer.span, buffer.message));
    this.latch.open();
  }

  get #mayBegin(): boolean {
    return this.#failure === undefined && this.#next < this.#plan.end;
  }

  #isOver(): boolean {
    return !this.#mayBegin && this.#out === 0;
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
    while (this.#mayBegin && this.#out < this.#depth && !this.#isLast) {
      const [start, end] = [this.#next, Math.min(this.#next + this.#plan.chunk, this.#plan.end)];
      if (!this.#slots.send(this, start, end)) break;
      this.#out++;
      this.#take();
    }
    this.#slots.exchange.flush();
  }

  get #isLast(): boolean {
    return this.#next + this.#plan.chunk >= this.#plan.end;
  }

  async #doOne(): Promise<void> {
    const [start, end] = this.#take();
    this.#own++;
    try {
      const later = this.#act(start, end);
      if (later !== undefined) await later;
    } catch (error) {
      const reason = failed([start, end], messageOf(error));
      reason.cause = error;
      this.fail(reason);
    }
  }
}

function failed([start, end]: readonly [number, number], reason: string): DlbError {
  return new DlbError('ERR_DLB_RANGE_FAILED', 'a part of a range failed', { start, end, reason });
}
