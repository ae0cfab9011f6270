/** What users of a pipeline pass and get. The types flow from the handlers to inputs and outputs. */
import type { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import type { ResourceLimits } from 'node:worker_threads';
import type { Crash } from '../crew/crash-teller.js';
import { MANY } from '../crew/many.js';
import type { DlbError } from '../eventdev/errors.js';
import type { ControlOptions } from '../eventdev/spec.js';
import type { CommitOptions, PipelineRun } from './commit-contract.js';
import type { BatchedSource } from './lines/batches.js';
import type { StageList, TypedBy } from './stage-types.js';

export type * from './stage-types.js';

export type MaybePromise<T> = T | Promise<T>;

/** What items of one key have in common: see `StageOptions.flow`. */
export type FlowKey = string | number | bigint;

/** Several results of one call; made by `many`. */
export interface Many<T> {
  readonly [MANY]: readonly T[];
}
export { MANY };

/** What a handler may return: one result, several (`many`), or nothing, which ends the item. */
export type HandlerResult<T> = T | Many<T> | void | undefined;

/** Any function that can be a stage: what it takes is for it to say. */
export type AnyHandler = (item: never, context: StageContext) => unknown;
/** A handler of which nothing is known. */
export type UntypedHandler = (item: unknown, context: StageContext) => unknown;

/** What the handler takes: anything, if it does not look at its item. */
export type InputOf<H extends AnyHandler> = Parameters<H> extends [] ? unknown : Parameters<H>[0];
export type Pieces<R> = R extends Many<infer T> ? T : R extends void | undefined ? never : R;
/** What the handler's results are, one by one. */
export type OutputOf<H extends AnyHandler> = Pieces<Awaited<ReturnType<H>>>;

/** How a stage's items share its workers. */
export type Schedule =
  /** Any worker, any order. */
  | 'parallel'
  /** Any worker; results leave the stage in the order in which the items entered it. */
  | 'ordered'
  /** One item of a flow at a time, in order; the flow moves to whichever worker is free. */
  | 'atomic'
  /** As atomic, and a flow stays on one worker while that worker lives: handlers may keep state. */
  | 'sticky';

/** Which items of an atomic stage travel together, and are with one worker at a time. Those of a sticky stage that go to one worker
 *  always do. */
export type Grain =
  /** 'fine', and 'coarse' from when its calls have proved to take less than 50 us, without promises. */
  | 'auto'
  /** Those of one flow. */
  | 'fine'
  /** Those of a quarter of a worker's share of the flows: few items are cheap, but a slow key holds up others for a call's length. */
  | 'coarse';

/**
 * How values cross threads: as they are, or refused with type and place. README.md, "Payloads", has what is carried.
 *
 * - 'auto': Uint8Array as bytes (a Buffer arrives as one); strings, numbers, and objects and arrays of such as MessagePack,
 *   many at once; what that would change, or cannot say, as 'structured';
 * - 'bytes', 'string': only those;
 * - 'json': JSON text, for plain objects faster than 'structured'; what JSON leaves out or changes is as JSON has it;
 * - 'structured': what structured clone can copy, by the serialiser of node:v8; views with memory of their own, errors whole,
 *   SharedArrayBuffers shared.
 */
export type Codec = 'auto' | 'bytes' | 'string' | 'json' | 'structured';

/** What becomes of an item whose handler threw or rejected. */
export type ErrorPolicy =
  /** The run rejects with ERR_DLB_STAGE_FAILED, which names stage, flow and attempt. */
  | 'fail'
  /** The item ends here, counted in `stats().stages[].dropped`. */
  | 'drop'
  /** The item goes to `onDeadLetter`. */
  | 'dead-letter'
  | RetryPolicy;

/** Tries again, while the item keeps its flow and its place in the order. */
export interface RetryPolicy {
  /** Tries after the first, 1..1000. */
  retries: number;
  /** Before the first retry, in milliseconds, default 100; doubles each time. */
  delayMs?: number;
  /** Default 30 000. */
  maxDelayMs?: number;
  /** What part of each delay is left to chance, 0..1, default 0: with 1 it is anything up to its length, so that
   *  items that failed together are not tried together. */
  jitter?: number;
  /**
   * Whether an error may go away: the name of an export of the stage's module, a function of the error. If it
   * returns what is falsy, there are no further tries. If it throws, or returns a promise, there are none either, and
   * the error says so. Default: every error may.
   */
  retryIf?: string;
  /** When all failed. Default 'fail'. */
  then?: 'fail' | 'drop' | 'dead-letter';
}

/** The second argument of a handler; one object per worker and stage, or per call in flight. */
export interface StageContext {
  /** Name of the stage. */
  readonly stage: string;
  /** The item's flow, 0..1048575: its key's hash. */
  readonly flow: number;
  /** Counts the tries of this item at this stage from 0: retries, and threads that died with it. */
  readonly attempt: number;
  /** The worker, 0..workers-1. */
  readonly worker: number;
  /** Aborted when the run or call that the item belongs to was, or has failed. */
  readonly signal: AbortSignal;
  /**
   * Memory for a result in bytes that is used again by later calls: fill it, return it or a part of it. It holds whatever
   * was there before. Valid until the handler returns or its promise settles.
   */
  output(bytes: number): Uint8Array;
}

/** What `setup` and `teardown` get. */
export interface SetupContext<C = unknown> {
  /** Name of the stage. */
  readonly stage: string;
  /** The worker, 0..workers-1. */
  readonly worker: number;
  /** The stage's `context`. */
  readonly context: C;
}

/**
 * One stage. Its module exports the handler, and may export `setup(context)`, which each worker
 * awaits before its first item, and `teardown(context)`, which each worker awaits when the pipeline
 * closes. A module that serves several stages is set up for each of them.
 */
export interface StageOptions<H extends AnyHandler = UntypedHandler> extends TypedBy<
  InputOf<H>,
  OutputOf<H>
> {
  /** Default: the handler's name, or stage-1, stage-2, ...; behind one of that name with a number, as price-2. */
  name?: string;
  /** The module with the handler: a URL, or an absolute path. */
  module: URL | string;
  /** The handler's export. Default 'default'. */
  handler?: string;
  /** Default 'parallel'. */
  schedule?: Schedule;
  /** Of an atomic stage. Default 'auto'. */
  grain?: Grain;
  /**
   * The key of an item at this stage: the name of an export of the module, a function of the item;
   * at the first stage also a function itself. Default: the item's flow at the stage before, at first
   * the one that it was pushed with; 0 for an item that has none. The first stage's is called in the thread
   * that opened the pipeline, and its module is imported there as well.
   */
  flow?: string | ((item: InputOf<H>) => FlowKey);
  /** 0..255, 0 most urgent, default 128: whose items a worker takes first. */
  priority?: number;
  /** Workers that serve it, 1..workers of the pipeline. Default: all. */
  workers?: number;
  /** Most calls in flight per worker, when the handler returns promises, 1..256, default 16. */
  concurrency?: number;
  /** How its results cross threads. Default 'auto'. */
  codec?: Codec;
  /** Longest time for one call, in milliseconds. Then its worker is replaced, and the item tried
   *  again. Default: no limit. */
  timeoutMs?: number;
  /** Default 'fail'. */
  onError?: ErrorPolicy;
  /** Most results of one call that go to the next stage, 1..1024, default 1: `many` of more needs
   *  this to be raised, since room is kept for them. The last stage's results have no limit. */
  pieces?: number;
  /** Given to the module's `setup`; structured-cloneable. Copied when the pipeline is opened. */
  context?: unknown;
}

/** 'in-order': as the items went in. 'as-completed': whatever is ready. */
export type OutputOrder = 'in-order' | 'as-completed';

export interface PipelineSpec<S extends StageList = StageList> {
  /** At least one: what `stage` makes, or plain objects of its options. */
  stages: S;
  /** Default 'pipeline'. */
  name?: string;
  /** Threads, 1..63. Default: as many as the machine runs at once, but for one core, which the main thread has; at
   *  least 1. */
  workers?: number;
  /** Most items between source and consumer, 1..65536, default 4096. Beyond it the source waits. */
  window?: number;
  /** Room for an item, 64..1048576, default 2048. Larger ones work, each at the cost of messages. */
  bytes?: number;
  /** Bytes of items larger than `bytes` that may be on their way. Beyond it the source waits.
   *  Default 256 MiB. */
  largeBytes?: number;
  /** How pushed items cross threads. Default 'auto'. */
  codec?: Codec;
  /** Default 'in-order'. */
  order?: OutputOrder;
  /** Threads that an item may end before it is a dead letter, 1..255, default 3. */
  attempts?: number;
  /** Takes dead letters. While its promise is pending, as many items fewer are let in, and what is told
   *  of the end waits: `drained`, `close`, the end of the run or of the results. Later results do not. Without it,
   *  an item that has ended its threads fails its run. If it throws, the pipeline breaks with what it threw. */
  onDeadLetter?: (letter: DeadLetter) => MaybePromise<void>;
  /** Called for each thread that dies, before what it held is processed again. Without it, deaths are told
   *  as warnings of the process, at most one a minute. */
  onCrash?: (crash: Crash) => MaybePromise<void>;
  /** Called with `stats()` every `statsIntervalMs`, default 1000, while the pipeline is open. */
  onStats?: (stats: PipelineStats) => void;
  statsIntervalMs?: number;
  /** How long a thread may take to import its modules and to be set up, in milliseconds, default 60 000. Then
   *  `createPipeline` rejects; later on, another thread is started in its place. */
  setupTimeoutMs?: number;
  /** Handlers get their bytes as a copy that is taken away when they are through: who keeps a view
   *  for longer than he may is told by the engine. Costs a copy. Default false. */
  debug?: boolean;
  /** Lets the process end while the pipeline is open and idle, as a test runner that was left with one needs it; items
   *  in flight, and `close` under way, keep it alive all the same. Teardowns are not called then. Default false. */
  unref?: boolean;
  /** Limits for each thread, as for a node:worker_threads Worker. */
  resourceLimits?: ResourceLimits;
  /** Lets the command `softdlb` look at the pipeline's device, as `control` of `openDevice`. */
  control?: boolean | ControlOptions;
}

export interface ItemOptions {
  /** Key for the first stages; a stage's own `flow` has precedence. */
  flow?: FlowKey;
  /** 0..255, 0 most urgent, default 128. Kept through all stages. */
  priority?: number;
}

export interface CallOptions extends ItemOptions {
  /** Rejects the call with the signal's reason. One signal may serve any number of calls. */
  signal?: AbortSignal;
}

export interface RunOptions<In = unknown> extends DuplexOptions<In>, CommitOptions<In> {
  /** See `BatchRunOptions`. Default false. */
  batch?: false;
}

export interface BatchRunOptions<In = unknown> extends DuplexOptions<In>, CommitOptions<In> {
  /**
   * The source gives arrays of items, of any length, and the run gives arrays of results: all that there are when they are asked for,
   * one at least. What is in one array has nothing to do with what came in one: order, window, retries and errors are those of items.
   */
  batch: true;
}

export interface DuplexOptions<In = unknown> {
  /** Ends the run early; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Default: the pipeline's. */
  order?: OutputOrder;
  /** Key of each item; a stage's own `flow` has precedence. */
  flow?: (item: In) => FlowKey;
  /** Priority of each item. */
  priority?: number | ((item: In) => number);
  /** Most items between source and consumer. Default: the pipeline's. */
  window?: number;
}

export interface PipelineCloseOptions {
  /** How long items in flight may still take, in milliseconds, 0..2147483647. Then the threads are terminated
   *  and what is pending rejects. Of several calls the shortest limit counts. Default, and Infinity: no limit. */
  timeoutMs?: number;
}

/** An item that will not be tried again. */
export interface DeadLetter {
  /** The item as the stage got it. */
  readonly item: unknown;
  readonly stage: string;
  readonly flow: number;
  /** Tries, the first included. */
  readonly attempts: number;
  /** ERR_DLB_STAGE_FAILED: with the handler's error as its cause, or because of `crashes`. */
  readonly error: DlbError;
  /** Threads that ended with this item in hand. */
  readonly crashes: number;
}

/** Milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
}

/** What the workers of a stage have counted. What a thread had not sent on when it died is done again, and counted
 *  again. */
export interface StageStats {
  readonly name: string;
  /** Calls that returned, retries not counted; of a stage with `batch`, items. */
  readonly handled: number;
  /** Handled per second since the call of `stats` before, or since the start. */
  readonly rate: number;
  /** With a worker, called or soon to be. About: what is counted are packs, each as one of the mean size so far. */
  readonly inFlight: number;
  /** Waiting for a worker. About, as `inFlight`. */
  readonly waiting: number;
  /** Calls that threw or rejected. */
  readonly errors: number;
  readonly retries: number;
  /** Items that came again because the thread that had them died. */
  readonly redeliveries: number;
  /** Items that ended here: the handler returned nothing. */
  readonly ended: number;
  /** Items that ended here by the error policy 'drop'. */
  readonly dropped: number;
  readonly deadLetters: number;
  /** Of a call; of short calls one in sixteen is timed. */
  readonly handlerTime: Percentiles;
  /** From the end of the stage before to the call. */
  readonly waitingTime: Percentiles;
}

export interface PipelineStats {
  readonly name: string;
  /** Threads at work. */
  readonly workers: number;
  /** Threads that died and were replaced. */
  readonly crashes: number;
  /** Items let in whose last result was not delivered. */
  readonly inFlight: number;
  /** Items let in. */
  readonly pushed: number;
  /** Results delivered. */
  readonly delivered: number;
  /** Items that waited for room. */
  readonly stalls: number;
  /** Bytes of items larger than `bytes`, on their way. */
  readonly largeBytes: number;
  readonly stages: readonly StageStats[];
}

/**
 * A running pipeline; `createPipeline` makes it. Runs on the thread that made it.
 *
 * An open pipeline keeps the process alive, as its threads do: `close` it, or declare it with
 * `await using`; or see `unref`.
 *
 * When it breaks, because the scheduler died, its domain was stopped or closed, a stage has no workers left or a
 * dead letter could not be stored, whoever waits for anything is told at once, with the first reason, and each
 * new use rejects with it.
 */
export interface Pipeline<In = unknown, Out = unknown> extends AsyncDisposable {
  readonly name: string;
  readonly workers: number;
  /**
   * All items of `source` through all stages: an async iterable of the results. Takes items no
   * faster than results are taken. Nothing starts before the first result is asked for; leaving the
   * loop early cancels what is in flight. A source that is not wanted any more is told at once: `return` of its
   * iterator is called, a Node stream is destroyed, a Web stream cancelled. Several runs may be on at once.
   * @throws DlbError from the iteration: ERR_DLB_STAGE_FAILED, ERR_DLB_PIPELINE_CLOSED,
   *         ERR_DLB_WORKERS_LOST; the reason of `signal`; what the source throws.
   */
  run(source: Iterable<In> | AsyncIterable<In>, options?: RunOptions<In>): PipelineRun<Out>;
  /** As `run`, in arrays: for sources that have many items at once, and consumers that take as many. */
  run(
    source: Iterable<readonly In[]> | AsyncIterable<readonly In[]> | BatchedSource<In>,
    options: BatchRunOptions<In>,
  ): PipelineRun<Out[]>;
  /** One item; resolves to its result, undefined when a stage ended it. For request and response.
   *  @throws DlbError as `run`; ERR_DLB_STAGE_FAILED also if it became several results. */
  call(item: In, options?: CallOptions): Promise<Out | undefined>;
  /** Lets an item in; the promise is what pushes back: await it before the next. Its results come
   *  out of `results`. @throws DlbError as `run`. */
  push(item: In, options?: ItemOptions): Promise<void>;
  /** As `push`, but false when there is no room now. @throws DlbError as `run`. */
  tryPush(item: In, options?: ItemOptions): boolean;
  /** No more will be pushed: what waits for room goes in, and `results` ends with the last result. */
  end(): void;
  /** Results of the items that were pushed, for one consumer. As long as nobody reads them, at most
   *  `window` of them wait, and `push` with them. */
  results(): AsyncIterableIterator<Out>;
  /** Resolves when every item pushed so far, those that wait for room included, has been through all its
   *  stages, and its dead letters are stored: what came before can be committed. Later pushes are not waited
   *  for. @throws DlbError as `run`. */
  drained(): Promise<void>;
  /** A Node stream, in object mode: items in, results out. */
  duplex(options?: DuplexOptions<In>): Duplex;
  /** A pair of Web streams for `pipeThrough`, as a TransformStream is. */
  transform(options?: DuplexOptions<In>): ReadableWritablePair<Out, In>;
  stats(): PipelineStats;
  /** Takes no more items, finishes those in flight, calls the teardowns, ends the threads. A run
   *  whose source has not ended rejects with ERR_DLB_PIPELINE_CLOSED behind its last result, and so do pushes that
   *  wait for room; `results` ends. @throws DlbError ERR_DLB_INVALID_ARGUMENT for a wrong limit: nothing is closed */
  close(options?: PipelineCloseOptions): Promise<void>;
}
