/**
 * The submitting thread's port: sends packs of jobs, takes them back and hands each to its flight.
 *
 * Runs on: the thread that opened the pool, which owns port 0. All streams share it; an event's flow
 * is its stream.
 */
import type { Domain } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { EventBurst } from '../eventdev/event-burst.js';
import { SCHED } from '../eventdev/event.js';
import { attachPort } from '../port/index.js';
import type { Port } from '../port/index.js';
import { Failures } from './failures.js';
import { JobBuffer } from './job-buffer.js';
import type { PadataSettings } from './options.js';
import { JOBS_QUEUE, rangeQueue, SUBMIT_PORT } from './seat.js';
import { slotCount } from './shape.js';

/** Events enqueued or dequeued at once: each time may wake the scheduler. */
const BURST = 128;

/** Where the packs of one stream come back to. */
export interface Arrivals {
  /** A pack is back: its first job's slot, and how many jobs it has. */
  arrive(slot: number, count: number): void;
  /** Nothing will come any more. */
  wake(): void;
}

export class Exchange {
  readonly port: Port;
  /** Every buffer of the domain, by slot: their handles never change, and neither side pays for
   *  allocation per job. */
  readonly buffers: readonly JobBuffer[];
  /** Their handles, for the workers. */
  readonly handles: Int32Array;
  /** Set when nothing will come back any more; undefined may be a reason, hence the box. */
  broken: { readonly reason: unknown } | undefined;
  /** Resolves when that is so. */
  readonly end: Promise<void>;
  #tellEnd!: () => void;
  /** Why jobs failed. */
  readonly failures = new Failures();
  /** Packs sent that are not back. */
  out = 0;
  /** The pool is stopped: sources are not asked for jobs. */
  paused = false;
  readonly #domain: Domain;
  readonly #arrivals: (Arrivals | undefined)[] = [];
  readonly #outgoing = new EventBurst(BURST);
  #sent = 0;
  readonly #incoming = new EventBurst(BURST);

  constructor(domain: Domain, settings: PadataSettings) {
    this.#domain = domain;
    this.end = new Promise((resolve) => (this.#tellEnd = resolve));
    this.port = attachPort(domain.attachment(SUBMIT_PORT));
    this.handles = allocateAll(this.port, slotCount(settings));
    this.buffers = Array.from(
      this.handles,
      (handle, slot) => new JobBuffer(slot, this.port.buffers!.view(handle), settings.bytes),
    );
  }

  /** From now on packs of this flow come back here. */
  connect(flow: number, arrivals: Arrivals): void {
    this.#arrivals[flow] = arrivals;
  }

  /** Breaks when the domain is no longer started, with the domain's own reason if it has one. */
  checkAlive(): void {
    const { state } = this.port;
    if (state === 'started') return;
    try {
      this.#domain.attachment(SUBMIT_PORT);
    } catch (reason) {
      return this.break(reason);
    }
    const what = 'the domain of the pool has stopped';
    this.break(new DlbError('ERR_DLB_DOMAIN_NOT_STARTED', what, { state }));
  }

  /** Whoever runs, or will run, gets `reason` instead. */
  break(reason: unknown): void {
    this.broken ??= { reason };
    this.#tellEnd();
    this.wakeAll();
  }

  /** The thread of a seat is gone: nobody has in hand what it had. */
  bury(seat: number, cause: unknown): void {
    for (const buffer of this.heldBy(seat)) {
      buffer.drop();
      this.failures.ended(buffer.slot, cause);
    }
  }

  /** The jobs that the thread of a seat has in hand. */
  heldBy(seat: number): JobBuffer[] {
    return this.buffers.filter((buffer) => buffer.holder === seat);
  }

  /** Whoever rests looks again. */
  wakeAll(): void {
    for (const arrivals of this.#arrivals) arrivals?.wake();
  }

  /** False while a refused burst has to go first. */
  get accepts(): boolean {
    return this.#outgoing.length < BURST;
  }

  /** Packs that are ready to go and were refused: for want of a credit, which is on its way. */
  get stuck(): boolean {
    return this.#sent < this.#outgoing.length;
  }

  /**
   * Puts a pack in line; `flush` sends what is in line. The caller has seen `accepts`.
   * @param serialOn seat of the serial function; undefined: the submitting thread's.
   */
  send(flow: number, slot: number, count: number, serialOn: number | undefined): void {
    const i = this.#outgoing.pushNew(JOBS_QUEUE, flow, SCHED.ORDERED, slot);
    this.#outgoing.setPayloadHigh(i, count);
    if (serialOn !== undefined) this.#outgoing.setSubEventType(i, serialOn + 1);
    this.#sendOne();
  }

  /** Puts a part of a range in line for a seat. The caller has seen `accepts`. */
  sendPart(flow: number, slot: number, seat: number): void {
    const i = this.#outgoing.pushNew(rangeQueue(seat), flow, SCHED.PARALLEL, slot);
    this.#outgoing.setPayloadHigh(i, 1);
    this.#sendOne();
  }

  #sendOne(): void {
    this.out++;
    if (this.#outgoing.length === BURST) this.flush();
  }

  /** Sends what is in line. Returns how many went. */
  flush(): number {
    const outgoing = this.#outgoing;
    if (this.#sent === outgoing.length) return 0;
    const sent = this.port.enqueueBurst(outgoing, this.#sent);
    this.#sent += sent;
    if (this.#sent === outgoing.length) {
      outgoing.clear();
      this.#sent = 0;
    }
    return sent;
  }

  /** Takes what has come, for all streams. Completes the burst before, as `settle`. */
  poll(): number {
    const incoming = this.#incoming;
    // What is fed next tells the scheduler of it; before a rest `settle` does.
    const count = this.port.takeBurst(incoming);
    this.out -= count;
    for (let i = 0; i < count; i++) {
      const arrivals = this.#arrivals[incoming.flowId(i)]!;
      arrivals.arrive(incoming.payload(i), incoming.payloadHigh(i));
    }
    return count;
  }

  /** Sends what is in line, waits until something has come, and takes it: where no run waits for it. Never rejects. */
  async serve(): Promise<void> {
    try {
      this.flush();
      if (this.stuck) await new Promise((resolve) => setImmediate(resolve));
      else await this.port.ready();
      this.checkAlive();
      if (this.broken !== undefined) return;
      this.poll();
      this.settle();
    } catch (error) {
      this.break(error);
    }
  }

  /** Between runs nothing is held back: the last burst's credits return. */
  settle(): void {
    this.port.release(this.port.outstanding);
  }
}

function allocateAll(port: Port, count: number): Int32Array {
  const handles = new Int32Array(count);
  if (port.buffers!.allocMany(count, handles)) return handles;
  const what = 'the buffers of a new domain are not free';
  throw new DlbError('ERR_DLB_INTERNAL_ERROR', what, { count });
}
