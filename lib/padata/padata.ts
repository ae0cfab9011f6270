/**
 * A pool of threads that runs jobs in parallel and gives back their results in order.
 *
 * Runs on: the thread that opened it. Named after the kernel's padata; README.md maps the terms.
 */
import type { Domain } from '../control/index.js';
import type { Crew } from '../crew/crew.js';
import { Deadline } from '../crew/deadline.js';
import { checkOptions, eitherName, invalid, noTimeLimit, whole } from '../crew/checks.js';
import type { Device } from '../device/index.js';
import { DlbError } from '../eventdev/errors.js';
import { isTimeLimit, TIMER_MS_MAX } from '../eventdev/times.js';
import type {
  CloseOptions,
  PadataStats,
  RangeOptions,
  RangeSummary,
  RunOptions,
  RunSummary,
  SerialFunction,
  StreamOptions,
  WorkerSets as Sets,
} from './contract.js';
import type { Exchange } from './exchange.js';
import type { JobSource } from './feed.js';
import { WORKERS_MAX } from '../crew/default-workers.js';
import type { PadataSettings } from './options.js';
import type { Ranges } from './ranges.js';
import { JOBS_QUEUE } from './seat.js';
import type { Stream } from './stream.js';
import type { StreamTable } from './stream-table.js';
import type { SetChange, WorkerSets } from './worker-sets.js';

const STREAM_OPTIONS = new Set(['name', 'serialOn']);
const CLOSE_OPTIONS = new Set(['timeoutMs', 'graceMs']);

/** What a pool is made of; `createPadata` puts it together. */
export interface PadataParts {
  readonly settings: PadataSettings;
  readonly device: Device;
  readonly domain: Domain;
  readonly exchange: Exchange;
  readonly streams: StreamTable;
  readonly ranges: Ranges;
  readonly sets: WorkerSets;
  readonly crew: Crew;
  /** Ends the watch, if there is one. */
  readonly unwatch: () => void;
}

export class Padata implements AsyncDisposable {
  readonly #parts: PadataParts;
  readonly #own: Stream;
  #closing: Promise<void> | undefined;
  readonly #deadline = new Deadline();

  /** Use `createPadata`. */
  constructor(parts: PadataParts) {
    this.#parts = parts;
    parts.streams.assertTakes = () => this.#assertTakes();
    this.#own = parts.streams.open(parts.settings.name, undefined);
  }

  get name(): string {
    return this.#parts.settings.name;
  }

  /** Threads of a full pool. */
  get workers(): number {
    return this.#parts.settings.workers;
  }

  /** Most jobs of a stream in flight. */
  get jobs(): number {
    return this.#parts.settings.jobs;
  }

  /** Room of one job's buffer. */
  get bytes(): number {
    return this.#parts.settings.bytes;
  }

  /** Which workers may do what; see `setWorkers`. */
  get workerSets(): Sets {
    return this.#parts.sets.sets;
  }

  /** `run` of the pool's own stream; see `Stream.run`. */
  run(source: JobSource, serial: SerialFunction, options: RunOptions = {}): Promise<RunSummary> {
    return this.#own.run(source, serial, options);
  }

  /** `submit` of the pool's own stream; see `Stream.submit`. */
  submit(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#own.submit(bytes);
  }

  /**
   * Opens another stream: ordered by itself, with buffers of its own, on the same workers.
   * @throws DlbError ERR_DLB_STREAMS_UNAVAILABLE, ERR_DLB_SERIAL_SET_EMPTY, ERR_DLB_PADATA_CLOSED,
   *         ERR_DLB_INVALID_ARGUMENT
   */
  stream(options: StreamOptions = {}): Stream {
    this.#assertOpen();
    checkOptions(options, STREAM_OPTIONS);
    const { streams, sets } = this.#parts;
    const { name = `${this.name}-${streams.opened}`, serialOn } = options;
    if (typeof name !== 'string') throw invalid('name must be a string', 'name', name);
    if (serialOn === undefined) return streams.open(name, undefined);
    whole('serialOn', serialOn, 0, WORKERS_MAX - 1);
    return streams.open(name, sets.serialFor(serialOn));
  }

  /**
   * Says which workers get parallel functions (a number: the first so many) and which get serial ones.
   * Takes effect within a pass of the scheduler; what a worker was given before it completes. A set
   * may be empty, or name workers without a thread: jobs then wait until a member appears.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT, ERR_DLB_PADATA_CLOSED
   */
  setWorkers(change: number | SetChange): void {
    this.#assertOpen();
    this.#parts.sets.change(change);
  }

  /**
   * Works through a range of numbers with the module's `range`, on the workers and on this thread.
   * @throws DlbError ERR_DLB_RANGE_FAILED, ERR_DLB_MODULE_INVALID, ERR_DLB_INVALID_ARGUMENT, and as
   *         `run`
   */
  async range(options: RangeOptions): Promise<RangeSummary> {
    this.#assertTakes();
    return await this.#parts.ranges.run(options);
  }

  /** Takes no more jobs: submissions are refused, sources of runs are not asked. Resolves when all
   *  that was accepted is delivered. @throws why nothing will be delivered any more. */
  async stop(): Promise<void> {
    this.#assertOpen();
    const { exchange, streams } = this.#parts;
    exchange.paused = true;
    await Promise.all([...streams.all].map((stream) => stream.drained()));
    await this.#parts.ranges.over();
    if (exchange.broken !== undefined) throw exchange.broken.reason;
  }

  /** Takes jobs again; runs go on. */
  start(): void {
    this.#assertOpen();
    const { exchange } = this.#parts;
    exchange.paused = false;
    exchange.wakeAll();
  }

  stats(): PadataStats {
    const { domain, streams, crew } = this.#parts;
    return {
      workers: crew.present,
      crashes: crew.crashes,
      ...streams.stats(),
      oldest: this.#own.stats().oldest,
      reordered: domain.stats().queues[JOBS_QUEUE]!.reordered,
    };
  }

  /** CPU time of the threads at work, in microseconds; undefined where Node cannot tell. */
  cpuUsage(): Promise<NodeJS.CpuUsage | undefined> {
    return this.#parts.crew.cpuUsage();
  }

  /**
   * Takes no more jobs, delivers those in flight, ends the threads. A run whose source has not
   * ended rejects with ERR_DLB_PADATA_CLOSED. A second call returns the first one's promise; its
   * limit holds as well.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT
   */
  close(options: CloseOptions = {}): Promise<void> {
    const timeoutMs = limitOf(options);
    if (typeof timeoutMs !== 'number') return Promise.reject(timeoutMs);
    this.#deadline.within(timeoutMs);
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { device, exchange, streams, ranges, crew, unwatch } = this.#parts;
    // Threads may not keep the process alive; whoever waits for this does.
    const alive = setInterval(() => {}, TIMER_MS_MAX);
    // Then what is pending is told, and threads are ended whatever they do.
    void this.#deadline.passed.then(() => exchange.break(this.#closed()));
    await Promise.all([...streams.all].map((stream) => stream.end()));
    await ranges.over();
    unwatch();
    crew.prepareToStop();
    exchange.checkAlive();
    if (exchange.broken === undefined) await Promise.race([this.#dismiss(), exchange.end]);
    this.#deadline.clear();
    await crew.terminate();
    exchange.port.detach();
    exchange.failures.close();
    await device.close().finally(() => clearInterval(alive));
  }

  /** The threads end by themselves, unless the domain has gone: then there is nothing that they would miss. */
  async #dismiss(): Promise<void> {
    const { domain, crew } = this.#parts;
    domain.onEnd(null);
    try {
      await domain.stop();
      await crew.dismiss();
    } catch {
      // Stopped, closed or failed at the same time: whoever waits has been told.
    }
  }

  #assertTakes(): void {
    this.#assertOpen();
    if (!this.#parts.exchange.paused) return;
    const { name } = this;
    throw new DlbError('ERR_DLB_PADATA_STOPPED', 'the pool is stopped', { name });
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw this.#closed();
    const { broken } = this.#parts.exchange;
    if (broken !== undefined) throw broken.reason;
  }

  #closed(): DlbError {
    return new DlbError('ERR_DLB_PADATA_CLOSED', 'the pool is closed', { name: this.name });
  }
}

/** The limit, or what is wrong with it. */
function limitOf(options: CloseOptions): number | DlbError {
  try {
    checkOptions(options, CLOSE_OPTIONS);
    const [field, timeoutMs = Infinity] = eitherName(options, 'timeoutMs', 'graceMs');
    return isTimeLimit(timeoutMs) ? timeoutMs : noTimeLimit(field, timeoutMs);
  } catch (error) {
    return error as DlbError;
  }
}
