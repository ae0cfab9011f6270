/**
 * One ordered stream of a pool: its jobs come out in the order they went in, whatever others do.
 *
 * Runs on: the thread that opened the pool.
 */
import { checkOptions, invalid, optionalSignal } from '../crew/checks.js';
import { onAbort } from '../crew/on-abort.js';
import { DlbError } from '../eventdev/errors.js';
import type { RunOptions, RunSummary, SerialFunction, StreamStats } from './contract.js';
import { Deliveries } from './deliverer.js';
import { checkJob, feedFrom } from './feed.js';
import type { JobSource } from './feed.js';
import type { Flight } from './flight.js';
import { Run } from './run.js';
import { Submissions } from './submissions.js';

const RUN_OPTIONS = new Set(['signal', 'onError']);

/** What a stream asks of its pool. */
export interface StreamPool {
  /** Room of one job's buffer. */
  readonly bytes: number;
  /** @throws DlbError why the pool takes nothing now. */
  assertTakes(): void;
  /** The seat that serves a serial queue now. */
  homeOf(queue: number): number | undefined;
  /** The stream is closed; nothing of it is in flight. */
  release(stream: Stream): void;
}

export class Stream implements AsyncDisposable {
  readonly name: string;
  /** Which of the pool's: what a `SerialJob` calls `stream`. */
  readonly id: number;
  readonly #pool: StreamPool;
  readonly #flight: Flight;
  readonly #submissions = new Submissions();
  /** Jobs ever given to `submit` and sent: their numbers go on counting. */
  #submitted = 0;
  #active: Run | undefined;
  /** What is active serves `submit`. */
  #submitting = false;
  #activeEnd: Promise<void> = Promise.resolve();
  readonly #deliveries = new Deliveries();
  #closing: Promise<void> | undefined;

  /** Use `pool.stream`. */
  constructor(id: number, name: string, flight: Flight, pool: StreamPool) {
    this.id = id;
    this.name = name;
    this.#flight = flight;
    this.#pool = pool;
  }

  /** The worker that calls the module's `serial`; undefined when there is none. */
  get serialOn(): number | undefined {
    const { serialOn } = this.#flight;
    return serialOn === undefined ? undefined : this.#pool.homeOf(serialOn);
  }

  /**
   * Runs the jobs of `source` and hands their results to `serial` in order. Resolves when the last
   * was delivered. Takes jobs no faster than results are taken. One run at a time.
   * @throws DlbError ERR_DLB_PADATA_BUSY, ERR_DLB_PADATA_CLOSED, ERR_DLB_PADATA_STOPPED,
   *         ERR_DLB_INVALID_ARGUMENT, ERR_DLB_JOB_FAILED, ERR_DLB_WORKERS_LOST; the reason of
   *         `signal`; what source or serial throws.
   */
  async run(
    source: JobSource,
    serial: SerialFunction,
    options: RunOptions = {},
  ): Promise<RunSummary> {
    checkOptions(options, RUN_OPTIONS);
    const { onError = rethrow } = options;
    const signal = optionalSignal('signal', options.signal);
    requireFunction('serial', serial);
    requireFunction('onError', onError);
    // All that was submitted has its result, but the end of its run has yet to come about.
    if (this.#submitting && !this.#submissions.pending) await this.#activeEnd;
    this.#assertTakes();
    if (this.#active !== undefined || this.#submitting) throw this.#busy();
    const sink = { done: serial, failed: onError };
    const run = new Run(this.#flight, feedFrom(source), sink, this.#deliveries);
    // Aborted already, it ends without a job, and its source is told.
    const unfollow = signal && onAbort(signal, () => run.fail(signal.reason));
    const end = this.#drive(run);
    this.#activeEnd = end.catch(() => {});
    try {
      await end;
    } finally {
      unfollow?.();
    }
    return { completed: run.completed, failed: run.failed };
  }

  /**
   * Runs one job; resolves to a copy of its result, in the order of the calls: pieces joined, and
   * empty where there is none. `bytes` must not change meanwhile. For many jobs `run` is cheaper.
   * @throws as `run`.
   */
  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    this.#assertTakes();
    if (this.#active !== undefined && !this.#submitting) throw this.#busy();
    const length = checkJob(bytes, this.#pool.bytes);
    const result = this.#submissions.add(bytes, length);
    if (this.#submitting) this.#active?.resume();
    else this.#activeEnd = this.#serveSubmissions();
    return await result;
  }

  stats(): StreamStats {
    return {
      inFlight: this.#flight.inFlight,
      oldest: this.#flight.oldest,
      completed: this.#deliveries.completed,
      failed: this.#deliveries.failed,
    };
  }

  /** Takes no more jobs, delivers those in flight, gives the place back to the pool. A run whose
   *  source has not ended rejects with ERR_DLB_PADATA_CLOSED. A second call returns the first one's
   *  promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For the pool: as `close`, but the place stays taken. Resolves when nothing is in flight. */
  async end(): Promise<void> {
    this.#closing ??= Promise.resolve();
    await this.#ended();
  }

  /** For the pool: resolves when all that was accepted is delivered. */
  async drained(): Promise<void> {
    while (this.#active !== undefined && (this.#flight.inFlight > 0 || this.#submissions.pending)) {
      await this.#flight.drained();
    }
  }

  async #close(): Promise<void> {
    await this.#ended();
    this.#pool.release(this);
  }

  async #ended(): Promise<void> {
    if (!this.#submitting) this.#active?.cut(this.#closed());
    await this.#activeEnd;
    await this.#flight.takenBack();
  }

  /** @throws the reason when the run ends early. */
  async #drive(run: Run): Promise<void> {
    this.#active = run;
    try {
      await run.drive();
    } finally {
      this.#active = undefined;
    }
  }

  /** Serves `submit` until nothing waits. Jobs that come meanwhile resume the run, or, in the
   *  instant in which it has ended and nobody knows yet, get the next. */
  async #serveSubmissions(): Promise<void> {
    const submissions = this.#submissions;
    this.#submitting = true;
    try {
      while (submissions.waiting) {
        const run = new Run(
          this.#flight,
          submissions,
          submissions,
          this.#deliveries,
          this.#submitted,
        );
        await this.#drive(run);
        this.#submitted += run.submitted;
      }
    } catch (error) {
      submissions.abandon(error);
    } finally {
      this.#submitting = false;
    }
  }

  #assertTakes(): void {
    this.#pool.assertTakes();
    if (this.#closing !== undefined) throw this.#closed();
  }

  #closed(): DlbError {
    const { name } = this;
    return new DlbError('ERR_DLB_PADATA_CLOSED', 'the stream or its pool is closed', { name });
  }

  #busy(): DlbError {
    const { name } = this;
    return new DlbError('ERR_DLB_PADATA_BUSY', 'the stream has a run already', { name });
  }
}

/** Without a taker, the first failed job ends the run. */
function rethrow(error: DlbError): void {
  throw error;
}

function requireFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid(`${field} must be a function`, field, value);
}
