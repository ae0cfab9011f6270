/**
 * The jobs of one stream between its source and its sink: free buffers, the pack being filled, and
 * what is in flight.
 *
 * Runs on: the submitting thread. Packs come back in the order in which they were sent, so the jobs
 * in flight are a plain queue, and every pack is compared with its head: an order that breaks is
 * seen at once.
 *
 *   #first ──── ready to be delivered ──── #arrived ──── with workers ──── #sealed ── the pack ── #next
 */
import { DlbError } from '../eventdev/errors.js';
import { Latch } from '../idle/latch.js';
import type { Arrivals, Exchange } from './exchange.js';
import { OUTCOME } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import { PackSize } from './pack-size.js';
import type { DueJob } from './watchdog.js';

/** Jobs fed or delivered before the other half of a run has its turn. */
export const BURST = 128;
const MS_PER_MICRO = 1e-3;
/** Where indices begin: soon enough before their wrap that ordinary runs cross it. */
const FIRST_INDEX = -1024;

export class Flight implements Arrivals {
  /** Opened whenever a run that rests should look again. */
  readonly latch = new Latch();
  readonly exchange: Exchange;
  readonly #flow: number;
  readonly #workers: number;
  readonly #free: JobBuffer[];
  /** Ring of the jobs in flight; free-running indices. */
  readonly #ring: JobBuffer[];
  readonly #mask: number;
  #first = FIRST_INDEX;
  #arrived = FIRST_INDEX;
  #sealed = FIRST_INDEX;
  #next = FIRST_INDEX;
  readonly #packSize: PackSize;
  /** The result that a serial call has in hand. */
  #served: JobBuffer | undefined;
  /** Jobs at the front of the ring whose run has ended early. */
  #unwanted = 0;
  #takingBack: Promise<void> | undefined;
  /** Called when nothing is in flight. */
  #atRest: (() => void)[] = [];
  /** Seat of the serial function; undefined: the submitting thread's. */
  serialOn: number | undefined;

  /** @param buffers those of this stream alone. */
  constructor(exchange: Exchange, flow: number, buffers: readonly JobBuffer[], workers: number) {
    this.exchange = exchange;
    this.#flow = flow;
    this.#workers = workers;
    this.#free = [...buffers];
    const places = 2 ** Math.ceil(Math.log2(buffers.length));
    this.#ring = Array.from({ length: places });
    this.#mask = places - 1;
    this.#packSize = new PackSize(buffers.length, workers);
    exchange.connect(flow, this);
  }

  /** Jobs submitted that are not delivered, of the run that is under way. */
  get inFlight(): number {
    const inRing = ((this.#next - this.#first) | 0) - this.#unwanted;
    return this.#served === undefined ? inRing : inRing + 1;
  }

  /** Number of the oldest job in flight. */
  get oldest(): number | undefined {
    if (this.inFlight === 0) return undefined;
    return (this.#served ?? this.#at(this.#first + this.#unwanted)).number;
  }

  /** Jobs of the pack that is being filled. */
  get open(): number {
    return (this.#next - this.#sealed) | 0;
  }

  /** Packs on their way beyond what the workers need to stay busy: one in hand and one waiting each. */
  get spare(): number {
    return Math.max(0, this.exchange.out - 2 * this.#workers);
  }

  /** Every worker has enough to do: nobody misses the pack that is being filled. */
  get saturated(): boolean {
    return this.exchange.out >= 2 * this.#workers;
  }

  get hasRoom(): boolean {
    return this.#free.length > 0;
  }

  /** False while packs that were refused have to go first. */
  get accepts(): boolean {
    return this.exchange.accepts;
  }

  /** A run begins: its jobs may be of another kind than those before. */
  begin(): void {
    this.#packSize.probe();
  }

  /** A free buffer; the caller has seen `hasRoom`. */
  take(): JobBuffer {
    return this.#free.pop()!;
  }

  /** It is done with, or was not used. */
  give(buffer: JobBuffer): void {
    if (buffer === this.#served) this.#served = undefined;
    this.exchange.failures.forget(buffer);
    this.#free.push(buffer);
  }

  /** Puts a filled buffer in line; the caller has seen `accepts`. */
  submit(buffer: JobBuffer, number: number, length: number): void {
    buffer.begin(number, length);
    const next = this.#next;
    if (next !== this.#sealed) this.#at(next - 1).next = buffer.slot;
    this.#ring[next & this.#mask] = buffer;
    this.#next = (next + 1) | 0;
    if (this.open >= this.#packSize.limit) this.#seal();
  }

  /** Sends what should not wait any longer. Returns how many packs went. */
  flush(): number {
    if (!this.saturated) this.#seal();
    return this.exchange.flush();
  }

  /** Sends everything. */
  flushAll(): number {
    this.#seal();
    return this.exchange.flush();
  }

  /** The next result in order, or undefined when none has come. It is in flight until it is given back. */
  nextResult(): JobBuffer | undefined {
    if (this.#first === this.#arrived) {
      this.exchange.poll();
      if (this.#first === this.#arrived) return undefined;
    }
    const buffer = this.#at(this.#first);
    this.#first = (this.#first + 1) | 0;
    this.#served = buffer;
    return buffer;
  }

  /** The run has ended early: what is in flight is wanted by nobody. Jobs that no thread has begun do not
   *  begin, and buffers come back as soon as nobody works in them. */
  abandon(): void {
    this.#served = undefined;
    while (this.#next !== this.#sealed) {
      this.#next = (this.#next - 1) | 0;
      this.give(this.#at(this.#next));
    }
    for (let at = this.#arrived; at !== this.#next; at = (at + 1) | 0) this.#at(at).condemn();
    this.#unwanted = (this.#next - this.#first) | 0;
    this.#dropUnwanted();
    if (this.#unwanted > 0) this.#takingBack ??= this.#takeBack();
  }

  /** Resolves when no thread has a job of a run that has ended early, or none will come back. */
  async takenBack(): Promise<void> {
    await Promise.race([this.#takingBack, this.exchange.end]);
  }

  arrive(slot: number, count: number): void {
    const first = this.#at(this.#arrived);
    if (slot !== first.slot || count > ((this.#sealed - this.#arrived) | 0)) {
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'a result came out of order', {
        number: first.number,
        expected: first.slot,
        slot,
      });
    }
    if (this.#unwanted === 0) this.#packSize.note(first.spent * MS_PER_MICRO, count);
    this.#arrived = (this.#arrived + count) | 0;
    this.#dropUnwanted();
    this.latch.open();
  }

  wake(): void {
    this.latch.open();
  }

  /** Jobs that workers have been given and are not through with, oldest first. */
  *due(): Generator<DueJob> {
    for (let place = this.#arrived; place !== this.#sealed; place = (place + 1) | 0) {
      const job = this.#at(place);
      const isDone = this.serialOn === undefined ? job.outcome !== OUTCOME.PENDING : job.served;
      if (!isDone) yield { job, place };
    }
  }

  /** Resolves when nothing is in flight and `rested` was called. */
  async drained(): Promise<void> {
    await new Promise<void>((resolve) => this.#atRest.push(resolve));
  }

  /** Nothing is in flight, and nothing is being served. */
  rested(): void {
    const waiting = this.#atRest;
    this.#atRest = [];
    for (const resolve of waiting) resolve();
  }

  #dropUnwanted(): void {
    for (; this.#unwanted > 0 && this.#first !== this.#arrived; this.#unwanted--) {
      this.give(this.#at(this.#first));
      this.#first = (this.#first + 1) | 0;
    }
  }

  async #takeBack(): Promise<void> {
    while (this.#unwanted > 0 && this.exchange.broken === undefined) await this.exchange.serve();
    this.#takingBack = undefined;
  }

  #at(index: number): JobBuffer {
    return this.#ring[index & this.#mask]!;
  }

  /** The pack goes in line; in equal parts if workers are idle that could share it. */
  #seal(): void {
    let { open } = this;
    if (open === 0 || !this.exchange.accepts) return;
    const idle = this.#workers - this.exchange.out;
    const part = idle > 1 ? Math.ceil(open / idle) : open;
    while (open > 0 && this.exchange.accepts) {
      const count = Math.min(part, open);
      this.exchange.send(this.#flow, this.#at(this.#sealed).slot, count, this.serialOn);
      this.#sealed = (this.#sealed + count) | 0;
      open -= count;
    }
  }
}
