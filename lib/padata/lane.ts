/**
 * The submitting thread's end of the device: free buffers, jobs in flight, the port.
 *
 * Runs on: the submitting thread, which owns port 0.
 * Results come back in the order of submission, so the jobs in flight are a plain queue, and every
 * result is compared with its head: an order that breaks is seen at once.
 */
import type { Domain } from '../control/index.js';
import { DlbError } from '../eventdev/errors.js';
import { EventBurst } from '../eventdev/event-burst.js';
import { SCHED } from '../eventdev/event.js';
import { attachPort } from '../port/index.js';
import type { Port } from '../port/index.js';
import { JobBuffer } from './job-buffer.js';
import { Latch } from '../idle/latch.js';
import type { PadataSettings } from './options.js';
import { JOBS_QUEUE, SUBMIT_PORT } from './seat.js';

/** Events enqueued or dequeued at once, and jobs fed or delivered before the other half of a run has
 *  its turn: each time may wake the scheduler. */
export const BURST = 128;

export class Lane {
  readonly port: Port;
  /** Opened whenever a run that rests should look again. */
  readonly latch = new Latch();
  /** Set when nothing will come back any more; undefined may be a reason, hence the box. */
  broken: { readonly reason: unknown } | undefined;
  readonly #domain: Domain;
  readonly #free: JobBuffer[];
  /** Ring of the jobs in flight, oldest at `#first`; free-running indices. */
  readonly #flight: JobBuffer[];
  readonly #mask: number;
  #first = 0;
  #next = 0;
  readonly #out = new EventBurst(BURST);
  #sent = 0;
  readonly #in = new EventBurst(BURST);
  #taken = 0;

  constructor(domain: Domain, settings: PadataSettings) {
    this.#domain = domain;
    this.port = attachPort(domain.attachment(SUBMIT_PORT));
    this.#free = allocateAll(this.port, settings);
    const places = 2 ** Math.ceil(Math.log2(settings.jobs));
    this.#flight = Array.from({ length: places });
    this.#mask = places - 1;
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

  /** Jobs submitted whose results were not taken. */
  get inFlight(): number {
    return (this.#next - this.#first) | 0;
  }

  /** Number of the oldest job in flight. */
  get oldest(): number | undefined {
    return this.inFlight > 0 ? this.#flight[this.#first & this.#mask]!.number : undefined;
  }

  /** Jobs that are ready to go and were refused: for want of a credit, which is on its way. */
  get stuck(): boolean {
    return this.#sent < this.#out.length;
  }

  get hasRoom(): boolean {
    return this.#free.length > 0;
  }

  /** A free buffer; the caller has seen `hasRoom`. */
  take(): JobBuffer {
    return this.#free.pop()!;
  }

  give(buffer: JobBuffer): void {
    this.#free.push(buffer);
  }

  /** Whoever runs, or will run, gets `reason` instead. */
  break(reason: unknown): void {
    this.broken ??= { reason };
    this.latch.open();
  }

  /** Puts a filled buffer in line; `flush` sends what is in line. */
  submit(buffer: JobBuffer, number: number, length: number): void {
    buffer.begin(number);
    this.#flight[this.#next & this.#mask] = buffer;
    this.#next = (this.#next + 1) | 0;
    const i = this.#out.pushNew(JOBS_QUEUE, 0, SCHED.ORDERED, buffer.handle);
    this.#out.setPayloadHigh(i, length);
    if (this.#out.length === BURST) this.flush();
  }

  /** False while a refused burst has to go first. */
  get accepts(): boolean {
    return this.#out.length < BURST;
  }

  /** Sends what is in line. Returns how many went. */
  flush(): number {
    const out = this.#out;
    if (this.#sent === out.length) return 0;
    const sent = this.port.enqueueBurst(out, this.#sent);
    this.#sent += sent;
    if (this.#sent === out.length) {
      out.clear();
      this.#sent = 0;
    }
    return sent;
  }

  /** The next result in order, or undefined when none has come. */
  nextResult(): JobBuffer | undefined {
    if (this.#taken === this.#in.length && !this.#refill()) return undefined;
    const buffer = this.#flight[this.#first & this.#mask]!;
    const handle = this.#in.payload(this.#taken);
    if (handle !== buffer.handle) {
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'a result came out of order', {
        number: buffer.number,
        expected: buffer.handle,
        handle,
      });
    }
    this.#taken++;
    this.#first = (this.#first + 1) | 0;
    return buffer;
  }

  /** Between runs nothing is held back: the last burst's credits return. */
  settle(): void {
    this.port.release(this.port.outstanding);
  }

  #refill(): boolean {
    // Completes the burst before, as `settle`.
    const count = this.port.dequeueBurst(this.#in);
    this.#taken = 0;
    return count > 0;
  }
}

/** Takes every buffer of the domain, for good: their handles never change, and neither side pays
 *  for allocation per job. */
function allocateAll(port: Port, settings: PadataSettings): JobBuffer[] {
  const buffers = port.buffers!;
  const handles = new Int32Array(settings.jobs);
  if (!buffers.allocMany(settings.jobs, handles)) {
    throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'the buffers of a new domain are not free', {
      jobs: settings.jobs,
    });
  }
  return Array.from(
    handles,
    (handle) => new JobBuffer(handle, buffers.view(handle), settings.bytes),
  );
}
