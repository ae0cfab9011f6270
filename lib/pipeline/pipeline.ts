/**
 * A pipeline as its user has it: puts together what lets items in, takes results out, watches and ends it.
 *
 * Runs on: the thread that made it.
 */
import type { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import {
  checkOptions,
  flag,
  invalid,
  noTimeLimit,
  oneOf,
  optionalFunction,
  optionalSignal,
  whole,
} from '../crew/checks.js';
import type { Crew } from '../crew/crew.js';
import { Deadline } from '../crew/deadline.js';
import type { Domain } from '../control/index.js';
import type { Device } from '../device/index.js';
import { DlbError } from '../eventdev/errors.js';
import { isTimeLimit, TIMER_MS_MAX } from '../eventdev/times.js';
import { duplexOf, transformOf } from './adapters.js';
import type { Ends } from './adapters.js';
import { CallDesk } from './call-desk.js';
import { CHANNELS } from './channels.js';
import type { CommitOptions, PipelineRun } from './commit-contract.js';
import type * as contract from './contract.js';
import type { Engine } from './engine.js';
import type { Entry } from './entry.js';
import { Items } from './items.js';
import { Positions } from './positions.js';
import { Pushes } from './pushes.js';
import { Run } from './run.js';
import type { Sessions } from './sessions.js';
import type { Settings } from './settings.js';
import type { StageReader } from './stats.js';
import { Stream } from './stream.js';
import type { Watchdog } from './watchdog.js';

/** What a pipeline is made of; `createPipeline` puts it together. */
export interface PipelineParts {
  readonly settings: Settings;
  readonly device: Device;
  readonly domain: Domain;
  readonly engine: Engine;
  readonly crew: Crew;
  readonly entry: Entry;
  readonly sessions: Sessions;
  readonly stages: StageReader;
  readonly watchdog: Watchdog;
}

const DUPLEX_OPTIONS = new Set(['signal', 'order', 'flow', 'priority', 'window']);
const RUN_OPTIONS = new Set([...DUPLEX_OPTIONS, 'position', 'partition', 'onCommittable', 'batch']);
const CLOSE_OPTIONS = new Set(['timeoutMs']);
const ORDERS = ['in-order', 'as-completed'] as const;

export class OpenPipeline<In, Out> implements contract.Pipeline<In, Out> {
  readonly #parts: PipelineParts;
  readonly #calls: CallDesk;
  readonly #pushes: Pushes;
  readonly #statsTimer: ReturnType<typeof setInterval> | undefined;
  readonly #deadline = new Deadline();
  #delivered = 0;
  #closing: Promise<void> | undefined;

  /** Use `createPipeline`. */
  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { engine, entry, sessions, settings } = parts;
    this.#calls = new CallDesk(engine, entry, sessions, this.#count);
    this.#pushes = new Pushes(this.#newStream({}), engine, entry);
    this.#pushes.stream.begin();
    const { onStats, statsIntervalMs } = settings;
    if (onStats === undefined) return;
    this.#statsTimer = setInterval(() => onStats(this.stats()), statsIntervalMs);
    this.#statsTimer.unref();
  }

  get name(): string {
    return this.#parts.settings.name;
  }

  get workers(): number {
    return this.#parts.settings.workers;
  }

  run(
    source: Iterable<In> | AsyncIterable<In>,
    options?: contract.RunOptions<In>,
  ): PipelineRun<Out>;
  run(
    source: Iterable<readonly In[]> | AsyncIterable<readonly In[]>,
    options: contract.BatchRunOptions<In>,
  ): PipelineRun<Out[]>;
  run(
    source: unknown,
    options: contract.RunOptions<In> | contract.BatchRunOptions<In> = {},
  ): PipelineRun<Out | Out[]> {
    this.#assertOpen();
    const { engine, entry } = this.#parts;
    checkOptions(options, RUN_OPTIONS);
    flag('batch', options.batch ?? false);
    const stream = this.#newStream(options, positionsOf(options));
    const items = new Items(source, stream, engine, entry, options);
    return new Run<Out | Out[]>({ engine, stream, items, batch: options.batch === true });
  }

  async call(item: In, options: contract.CallOptions = {}): Promise<Out | undefined> {
    this.#assertOpen();
    return (await this.#calls.call(item, options)) as Out | undefined;
  }

  async push(item: In, options: contract.ItemOptions = {}): Promise<void> {
    await this.#pushes.push(item, options);
  }

  tryPush(item: In, options: contract.ItemOptions = {}): boolean {
    return this.#pushes.tryPush(item, options);
  }

  end(): void {
    this.#pushes.end();
  }

  results(): AsyncIterableIterator<Out> {
    const { engine } = this.#parts;
    return new Run<Out>({ engine, stream: this.#pushes.stream, endsWithPipeline: true });
  }

  drained(): Promise<void> {
    return this.#pushes.drained();
  }

  duplex(options: contract.DuplexOptions<In> = {}): Duplex {
    return duplexOf(this.#ends(options));
  }

  transform(options: contract.DuplexOptions<In> = {}): ReadableWritablePair<Out, In> {
    return transformOf(this.#ends(options));
  }

  stats(): contract.PipelineStats {
    const { crew, engine, stages } = this.#parts;
    return {
      name: this.name,
      workers: crew.present,
      crashes: crew.crashes,
      inFlight: engine.inFlight,
      pushed: engine.pushed,
      delivered: this.#delivered,
      stalls: engine.stalls,
      largeBytes: engine.large.bytes,
      stages: stages.read(),
    };
  }

  async close(options: contract.PipelineCloseOptions = {}): Promise<void> {
    checkOptions(options, CLOSE_OPTIONS);
    const { timeoutMs = Infinity } = options;
    if (!isTimeLimit(timeoutMs)) throw noTimeLimit('timeoutMs', timeoutMs);
    this.#deadline.within(timeoutMs);
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { device, engine } = this.#parts;
    // Threads may not keep the process alive; whoever waits for this does.
    const alive = setInterval(() => {}, TIMER_MS_MAX);
    const closed = this.#closed();
    engine.dependents.close(closed);
    await Promise.race([engine.idle(), this.#deadline.passed]);
    if (engine.inFlight > 0) engine.break(closed);
    else if (engine.broken === undefined) CHANNELS.drain.publish({ pipeline: this.name });
    try {
      await this.#dismiss();
    } finally {
      engine.break(closed);
      engine.large.close();
      await device.close().finally(() => clearInterval(alive));
    }
  }

  /** Ends the threads: if all is well, behind their teardowns, which have what is left of the time. */
  async #dismiss(): Promise<void> {
    const { crew, domain, engine, watchdog } = this.#parts;
    domain.onEnd(null);
    crew.prepareToStop();
    try {
      if (engine.broken !== undefined) return;
      const dismissed = domain.stop().then(() => crew.dismiss());
      await Promise.race([dismissed, this.#deadline.passed]);
    } catch {
      // The domain was ended by somebody else: the threads are ended all the same.
    } finally {
      this.#deadline.clear();
      clearInterval(this.#statsTimer);
      watchdog.stop();
      await crew.terminate();
    }
  }

  #newStream(options: contract.DuplexOptions<never>, positions?: Positions): Stream {
    const { flow, order, signal, window } = options;
    const { engine, sessions, settings } = this.#parts;
    optionalFunction('flow', flow);
    return new Stream(engine, sessions, {
      window: whole('window', window ?? settings.window, 1, 65_536),
      order: oneOf('order', order ?? settings.order, ORDERS),
      signal: optionalSignal('signal', signal),
      onTaken: this.#count,
      positions,
    });
  }

  #ends(options: contract.DuplexOptions<In>): Ends<In, Out> {
    this.#assertOpen();
    checkOptions(options, DUPLEX_OPTIONS);
    const { engine, entry } = this.#parts;
    const stream = this.#newStream(options);
    const pushes = new Pushes(stream, engine, entry);
    const results = new Run<Out>({ engine, stream });
    return { pushes, results, optionsOf: (item) => itemOptions(item, options) };
  }

  readonly #count = (results: number): void => {
    this.#delivered += results;
  };

  #assertOpen(): void {
    const { broken } = this.#parts.engine;
    if (broken !== undefined) throw broken.reason;
    if (this.#closing !== undefined) throw this.#closed();
  }

  #closed(): DlbError {
    return new DlbError('ERR_DLB_PIPELINE_CLOSED', 'the pipeline is closed', { name: this.name });
  }
}

function itemOptions<In>(
  item: In,
  { flow, priority }: contract.DuplexOptions<In>,
): contract.ItemOptions {
  const of = typeof priority === 'function' ? priority(item) : priority;
  return {
    ...(flow === undefined ? {} : { flow: flow(item) }),
    ...(of === undefined ? {} : { priority: of }),
  };
}

/** Undefined: nothing is to be committed. @throws DlbError ERR_DLB_INVALID_ARGUMENT */
function positionsOf(options: CommitOptions<never>): Positions | undefined {
  const { partition, position, onCommittable } = options;
  optionalFunction('position', position);
  optionalFunction('partition', partition);
  optionalFunction('onCommittable', onCommittable);
  if (position !== undefined) return new Positions(options);
  const field = Object.entries({ partition, onCommittable }).find(
    ([, given]) => given !== undefined,
  );
  if (field === undefined) return undefined;
  throw invalid(`${field[0]} needs position`, field[0], field[1]);
}
