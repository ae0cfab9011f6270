/**
 * The serial half of a run: hands results to the sink, one at a time, in order.
 *
 * Runs on: the submitting thread. A result's buffer is free again when the serial call has returned
 * or its promise has settled.
 */
import { DlbError } from '../eventdev/errors.js';
import type { Turns } from '../crew/turns.js';
import { OUTCOME } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import { BURST } from './flight.js';
import type { Flight } from './flight.js';

export type MaybePromise<T> = T | Promise<T>;

/** Called one at a time, in the order of submission. */
export interface Sink {
  /** Takes one result for each job, whatever it is: pieces joined, none as empty. */
  readonly joins?: boolean;
  /** `result` is shared memory, and the job's until this returns or its promise settles. */
  done(result: Uint8Array, number: number, piece: number): MaybePromise<void>;
  failed(error: DlbError, number: number): MaybePromise<void>;
}

/** What the runs of a stream have in common. */
export class Deliveries {
  /** A serial call is a pending promise, if of a run that has ended: the next one waits. */
  pending = false;
  /** Calls that are over. */
  completed = 0;
  failed = 0;
}

export class Deliverer {
  completed = 0;
  failed = 0;
  /** Nothing more is shown to the sink. */
  stopped = false;
  readonly #deliveries: Deliveries;
  readonly #flight: Flight;
  readonly #sink: Sink;
  readonly #turns: Turns;
  readonly #fail: (reason: unknown) => void;

  /** @param fail what to do with what the sink throws. */
  constructor(
    flight: Flight,
    sink: Sink,
    deliveries: Deliveries,
    turns: Turns,
    fail: (reason: unknown) => void,
  ) {
    this.#flight = flight;
    this.#deliveries = deliveries;
    this.#sink = sink;
    this.#turns = turns;
    this.#fail = fail;
  }

  /** The next result has to wait for a serial call to end. */
  get isServing(): boolean {
    return this.#deliveries.pending;
  }

  /** Delivers one burst, or until something is to be waited for, or the event loop is due. Returns how many
   *  results it took. */
  step(): number {
    let taken = 0;
    while (taken < BURST && !this.stopped && !this.isServing && !this.#turns.isDue) {
      const buffer = this.#flight.nextResult();
      if (buffer === undefined) break;
      taken++;
      this.#deliver(buffer);
    }
    return taken;
  }

  #deliver(buffer: JobBuffer): void {
    try {
      const served: unknown = this.#call(buffer);
      const mayBeLater =
        (typeof served === 'object' && served !== null) || typeof served === 'function';
      if (mayBeLater) return void this.#await(buffer, served);
    } catch (error) {
      this.#fail(error);
    }
    this.#end(buffer);
  }

  #call(buffer: JobBuffer): MaybePromise<void> {
    const { number } = buffer;
    const { outcome } = buffer;
    if (outcome !== OUTCOME.FAILED) {
      const isOne = outcome === OUTCOME.DONE || this.#sink.joins === true;
      if (isOne) return this.#sink.done(buffer.bytes(buffer.resultLength), number, 0);
      return outcome === OUTCOME.PIECES ? this.#servePieces(buffer, number) : undefined;
    }
    const { reason, ...more } = this.#flight.exchange.failures.of(buffer);
    const details = { job: number, reason };
    const error = new DlbError('ERR_DLB_JOB_FAILED', 'a job failed', details);
    return this.#sink.failed(Object.assign(error, more), number);
  }

  /** One after the other; while one is served, no other result is. */
  async #servePieces(buffer: JobBuffer, number: number): Promise<void> {
    for (const [i, piece] of buffer.pieces().entries()) {
      if (this.stopped) return;
      await this.#sink.done(piece, number, i);
      if (this.#turns.isDue) await this.#turns.take();
    }
  }

  async #await(buffer: JobBuffer, served: unknown): Promise<void> {
    this.#deliveries.pending = true;
    try {
      await served;
    } catch (error) {
      this.#fail(error);
    }
    this.#deliveries.pending = false;
    this.#end(buffer);
    this.#flight.latch.open();
  }

  /** The call is over, however it ended. */
  #end(buffer: JobBuffer): void {
    const what = buffer.outcome === OUTCOME.FAILED ? 'failed' : 'completed';
    this[what]++;
    this.#deliveries[what]++;
    this.#flight.give(buffer);
  }
}
