/** What the user's module sees: a job, and the two ways to give the function that runs it. */

/**
 * One job, in the thread that runs it. The object is reused: take what you need, keep nothing of it
 * after the function returns.
 */
export interface Job {
  /** Counts the jobs of a run from 0. */
  readonly number: number;
  /** All the room of the job's shared buffer: `bytes` long, the input at its front. */
  readonly buffer: Uint8Array;
  /** Bytes of input. */
  readonly length: number;
  /** The input: `buffer` cut to `length`. */
  readonly data: Uint8Array;
  /** Threads that died with this job in hand, 0 in all ordinary life. */
  readonly attempt: number;
}

/**
 * The parallel half of a job; synchronous. It returns the result in one of three ways:
 *
 * - bytes: copied to the front of the job's buffer when the function has returned. Until then the
 *   input is untouched, so that the job can start again if the thread dies;
 * - a number: the result is in the buffer already, this long. Read all input first and write last;
 * - nothing: as a number, with the length of the input.
 *
 * What it throws is delivered in the job's place as ERR_DLB_JOB_FAILED.
 */
export type ParallelFunction = (job: Job) => Uint8Array | number | void;

/** What a module for `openPadata` exports: one of the two. `setup` runs once in each thread. */
export interface ParallelModule<Context = unknown> {
  parallel?: ParallelFunction;
  setup?: (context: Context) => ParallelFunction | Promise<ParallelFunction>;
}
