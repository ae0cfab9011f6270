/** What callers of a pool pass and get. */
import type { DlbError } from '../eventdev/errors.js';
import type { MaybePromise } from './deliverer.js';

/** The serial half of a job: called one at a time, in the order of submission. `result` is shared
 *  memory, and the job's until the function returns or its promise settles. */
export type SerialFunction = (result: Uint8Array, number: number) => MaybePromise<void>;

export interface RunOptions {
  /** Ends the run early; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Takes the errors of failed jobs, in their place in the order. Without it the first failed job
   *  ends the run, which rejects with its error. */
  onError?: (error: DlbError, number: number) => MaybePromise<void>;
}

export interface RunSummary {
  /** Jobs whose result was delivered. */
  completed: number;
  /** Jobs whose error was delivered. */
  failed: number;
}

export interface CloseOptions {
  /** How long jobs in flight may still take, in milliseconds. Then the threads are terminated and
   *  what is pending rejects. Default: no limit. */
  graceMs?: number;
}

export interface PadataStats {
  /** Threads at work. */
  workers: number;
  /** Threads that died and were replaced. */
  crashes: number;
  /** Jobs submitted whose results were not delivered. */
  inFlight: number;
  /** Number of the job that the others in flight wait for; undefined when there is none. */
  oldest: number | undefined;
  completed: number;
  failed: number;
  /** Jobs that were ready before an earlier one and had to wait for it. */
  reordered: number;
}
