/** What callers of a pool pass and get. */
import type { DlbError } from '../eventdev/errors.js';
import type { MaybePromise } from './deliverer.js';

/** The serial half of a job: called one at a time, in the order of submission. `result` is shared
 *  memory, and the job's until the function returns or its promise settles. */
export type SerialFunction = (
  result: Uint8Array,
  number: number,
  /** Which piece, from 0, of a job whose result is several. */
  piece: number,
) => MaybePromise<void>;

export interface RunOptions {
  /** Ends the run early; it then rejects with the signal's reason, and its source is told. Jobs that no thread has
   *  begun do not begin; what the others become is dropped. */
  signal?: AbortSignal;
  /** Takes the errors of failed jobs, in their place in the order; their `cause` is what the function threw, or
   *  why its thread ended. Without it the first failed job ends the run, which rejects with its error. */
  onError?: (error: DlbError, number: number) => MaybePromise<void>;
}

export interface RunSummary {
  /** Jobs that ended well: their result was delivered, or they have none (`false`). */
  completed: number;
  /** Jobs whose error was delivered. */
  failed: number;
}

export interface CloseOptions {
  /** How long jobs and chunks that were begun may still take, in milliseconds, to 2^31 - 1, also those of runs that
   *  have ended early. Then the threads are terminated and what is pending rejects. Of several calls the earliest
   *  limit holds. Default: no limit. */
  timeoutMs?: number;
  /** @deprecated it is `timeoutMs`. */
  graceMs?: number;
}

export interface StreamOptions {
  /** For people. Default: the pool's name and a number. */
  name?: string;
  /** The worker whose thread calls the module's `serial` for this stream. If it is not in the serial
   *  set, another is chosen: see `stream.serialOn`. Default: none; serial is the submitting thread's. */
  serialOn?: number;
}

export interface StreamStats {
  /** Jobs submitted whose results were not delivered: their serial call has not begun or not ended. Without those of
   *  runs that have ended early. */
  inFlight: number;
  /** Number of the job that the others in flight wait for; undefined when there is none. */
  oldest: number | undefined;
  /** As in `RunSummary`, of all runs. */
  completed: number;
  failed: number;
}

/** A job that is not done although it should be. */
export interface OverdueReport {
  /** Name of its stream. */
  stream: string;
  job: number;
  /** The worker that has it in hand; undefined when none has begun it. */
  worker: number | undefined;
  /** @deprecated it is `worker`. */
  seat: number | undefined;
  /** How long the worker has had it in hand, or none has had the oldest of its stream. */
  ms: number;
  /** How often one of the two functions was begun. */
  attempts: number;
}

/** Which workers may do what. */
export interface WorkerSet {
  /** As it was set: workers from 0, also such that have no thread, now or ever. */
  chosen: number[];
  /** Those of them that have a thread now. */
  usable: number[];
}

export interface WorkerSets {
  /** Workers that run parallel functions and ranges. */
  parallel: WorkerSet;
  /** Workers that run serial functions. */
  serial: WorkerSet;
}

export interface RangeOptions {
  /** First number. Default 0. */
  start?: number;
  /** How many numbers. */
  size: number;
  /** Numbers that are worth a thread. Default 1. */
  minChunk?: number;
  /** Chunks are multiples of this, the last excepted. Default 1. */
  align?: number;
  /** Threads at most, the calling one among them: no others take part. Default: the workers and the calling
   *  thread. */
  maxThreads?: number;
  /** Ends the range early: chunks that have begun end, others are not begun. */
  signal?: AbortSignal;
}

export interface RangeSummary {
  /** Threads that the rule gives: the calling one and helpers. */
  threads: number;
  chunks: number;
  /** Chunks that the calling thread did. */
  own: number;
}

export interface PadataStats {
  /** Threads at work. */
  workers: number;
  /** Threads that died and were replaced. */
  crashes: number;
  /** Jobs submitted whose results were not delivered, of all streams. */
  inFlight: number;
  /** Number of the job of the pool's own stream that the others wait for; undefined when there is
   *  none. */
  oldest: number | undefined;
  /** Of all streams. */
  completed: number;
  failed: number;
  /** Streams that are open, the pool's own among them. */
  streams: number;
  /** Packs of jobs that were ready before an earlier one and had to wait for it. */
  reordered: number;
}
