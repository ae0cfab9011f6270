/**
 * A pool of threads that runs jobs in parallel and gives back their results in order.
 *
 * Runs on: the thread that opened it. Named after the kernel's padata; README.md maps the terms.
 */
import type { Domain } from '../control/index.js';
import type { Device } from '../device/index.js';
import { DlbError } from '../eventdev/errors.js';
import type { Crew } from '../crew/crew.js';
import type {
  CloseOptions,
  PadataStats,
  RunOptions,
  RunSummary,
  SerialFunction,
} from './contract.js';
import { checkJob, feedFrom } from './feed.js';
import type { JobSource } from './feed.js';
import type { Flight } from './flight.js';
import { invalid } from '../crew/checks.js';
import type { PadataSettings } from './options.js';
import { Run } from './run.js';
import { JOBS_QUEUE } from './seat.js';
import { Submissions } from './submissions.js';

/** What a pool is made of; `openPadata` puts it together. */
export interface PadataParts {
  readonly settings: PadataSettings;
  readonly device: Device;
  readonly domain: Domain;
  readonly flight: Flight;
  readonly crew: Crew;
}

export class Padata implements AsyncDisposable {
  readonly #parts: PadataParts;
  readonly #submissions = new Submissions();
  /** Jobs ever given to `submit` and sent: their numbers go on counting. */
  #submitted = 0;
  #active: Run | undefined;
  /** What is active serves `submit`. */
  #submitting = false;
  #activeEnd: Promise<void> = Promise.resolve();
  #completed = 0;
  #failed = 0;
  #closing: Promise<void> | undefined;

  /** Use `openPadata`. */
  constructor(parts: PadataParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.settings.name;
  }

  /** Threads of a full pool. */
  get workers(): number {
    return this.#parts.settings.workers;
  }

  /** Most jobs in flight. */
  get jobs(): number {
    return this.#parts.settings.jobs;
  }

  /** Room of one job's buffer. */
  get bytes(): number {
    return this.#parts.settings.bytes;
  }

  /**
   * Runs the jobs of `source` and hands their results to `serial` in order. Resolves when the last
   * was delivered. Takes jobs no faster than results are taken. One run at a time.
   * @throws DlbError ERR_DLB_PADATA_BUSY, ERR_DLB_PADATA_CLOSED, ERR_DLB_INVALID_ARGUMENT,
   *         ERR_DLB_JOB_FAILED, ERR_DLB_WORKERS_LOST; the reason of `signal`; what source or serial
   *         throws.
   */
  async run(
    source: JobSource,
    serial: SerialFunction,
    options: RunOptions = {},
  ): Promise<RunSummary> {
    const { signal, onError = rethrow } = options;
    requireFunction('serial', serial);
    requireFunction('onError', onError);
    this.#assertOpen();
    if (this.#active !== undefined || this.#submitting) throw this.#busy();
    signal?.throwIfAborted();
    const run = new Run(this.#parts.flight, feedFrom(source), { done: serial, failed: onError });
    const abort = (): void => run.fail(signal!.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const end = this.#drive(run);
    this.#activeEnd = end.catch(() => {});
    try {
      await end;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return { completed: run.completed, failed: run.failed };
  }

  /**
   * Runs one job; resolves to a copy of its result, in the order of the calls. `bytes` must not
   * change meanwhile. For many jobs `run` is cheaper.
   * @throws as `run`.
   */
  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    this.#assertOpen();
    if (this.#active !== undefined && !this.#submitting) throw this.#busy();
    checkJob(bytes, this.bytes);
    const result = this.#submissions.add(bytes);
    if (this.#submitting) this.#active?.resume();
    else this.#activeEnd = this.#serveSubmissions();
    return await result;
  }

  stats(): PadataStats {
    const { domain, flight, crew } = this.#parts;
    return {
      workers: crew.present,
      crashes: crew.crashes,
      inFlight: flight.inFlight,
      oldest: flight.oldest,
      completed: this.#completed + (this.#active?.completed ?? 0),
      failed: this.#failed + (this.#active?.failed ?? 0),
      reordered: domain.stats().queues[JOBS_QUEUE]!.reordered,
    };
  }

  /** CPU time of the threads at work, in microseconds; undefined where Node cannot tell. */
  cpuUsage(): Promise<NodeJS.CpuUsage | undefined> {
    return this.#parts.crew.cpuUsage();
  }

  /**
   * Takes no more jobs, delivers those in flight, ends the threads. A run whose source has not
   * ended rejects with ERR_DLB_PADATA_CLOSED. A second call returns the first one's promise.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (options.graceMs !== undefined && !(options.graceMs >= 0)) {
      const { graceMs } = options;
      return Promise.reject(invalid('graceMs must be 0 or more', 'graceMs', graceMs));
    }
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close({ graceMs = Infinity }: CloseOptions): Promise<void> {
    const { device, domain, flight, crew } = this.#parts;
    const { exchange } = flight;
    if (!this.#submitting) this.#active?.cut(this.#closed());
    await this.#settled(graceMs);
    crew.prepareToStop();
    exchange.checkAlive();
    try {
      if (exchange.broken === undefined) {
        await domain.stop();
        await crew.dismiss();
      }
    } finally {
      await crew.terminate();
      exchange.port.detach();
      await device.close();
    }
  }

  /** The active run is over; after `graceMs` it is broken off. */
  async #settled(graceMs: number): Promise<void> {
    const { exchange } = this.#parts.flight;
    const timer =
      graceMs < Infinity ? setTimeout(() => exchange.break(this.#closed()), graceMs) : undefined;
    await this.#activeEnd;
    clearTimeout(timer);
  }

  /** @throws the reason when the run ends early. */
  async #drive(run: Run): Promise<void> {
    this.#active = run;
    try {
      await run.drive();
    } finally {
      this.#active = undefined;
      this.#completed += run.completed;
      this.#failed += run.failed;
    }
  }

  /** Serves `submit` until nothing waits. Jobs that come meanwhile resume the run, or, in the
   *  instant in which it has ended and nobody knows yet, get the next. */
  async #serveSubmissions(): Promise<void> {
    const submissions = this.#submissions;
    this.#submitting = true;
    try {
      while (submissions.waiting) {
        const run = new Run(this.#parts.flight, submissions, submissions, this.#submitted);
        await this.#drive(run);
        this.#submitted += run.submitted;
      }
    } catch (error) {
      submissions.abandon(error);
    } finally {
      this.#submitting = false;
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw this.#closed();
    const { broken } = this.#parts.flight.exchange;
    if (broken !== undefined) throw broken.reason;
  }

  #closed(): DlbError {
    return new DlbError('ERR_DLB_PADATA_CLOSED', 'the pool is closed', { name: this.name });
  }

  #busy(): DlbError {
    return new DlbError('ERR_DLB_PADATA_BUSY', 'the pool has a run already', { name: this.name });
  }
}

/** Without a taker, the first failed job ends the run. */
function rethrow(error: DlbError): void {
  throw error;
}

function requireFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid(`${field} must be a function`, field, value);
}
