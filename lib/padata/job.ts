/** What the user's module sees and gives: a job, and the functions that work on it. */

/**
 * One job, in the thread that runs it. The object is reused: take what you need, keep nothing of it
 * after the function returns or its promise settles.
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

/** What a job becomes; see `ParallelFunction`. */
export type JobResult = ArrayBufferView | number | false | readonly ArrayBufferView[] | void;

/**
 * The parallel half of a job. It returns the result, or a promise of it, in one of these ways:
 *
 * - bytes: copied to the front of the job's buffer when the function has returned. Until then the
 *   input is untouched, so that the job can start again if the thread dies;
 * - a number: the result is in the buffer already, this long. Read all input first and write last;
 * - nothing: as a number, with the length of the input;
 * - false: there is no result. The job gives up its place, and serial is not called for it;
 * - an array of bytes, up to 16: pieces, which are delivered one after the other in the job's place.
 *
 * Anything else fails the job, with the name of its type. What it throws is delivered in the job's place as the
 * `cause` of ERR_DLB_JOB_FAILED.
 */
export type ParallelFunction = (job: Job) => JobResult | Promise<JobResult>;

/** A job whose parallel half is done, in the thread that its stream chose for the serial half. */
export interface SerialJob {
  readonly number: number;
  /** Which stream: the pool's own is 0. */
  readonly stream: number;
  /** The result, in shared memory; empty when there is an error. */
  readonly result: Uint8Array;
  /** Why the parallel half failed. */
  readonly error: string | undefined;
  /** Threads that died with this call in hand. */
  readonly attempt: number;
}

/** Called for the jobs of a stream one at a time, in order. What it throws fails the job. */
export type ModuleSerialFunction = (job: SerialJob) => void | Promise<void>;

/** Works on the whole numbers from `start` up to, and without, `end`; see `pool.range`. */
export type RangeFunction = (start: number, end: number, context: unknown) => void | Promise<void>;

export interface ModuleFunctions {
  parallel?: ParallelFunction;
  serial?: ModuleSerialFunction;
  range?: RangeFunction;
}

/** What a module for `createPadata` exports: the functions, or `setup`, which runs once in each thread
 *  and returns them, or the parallel function alone. */
export interface ParallelModule<Context = unknown> extends ModuleFunctions {
  setup?: (
    context: Context,
  ) => ParallelFunction | ModuleFunctions | Promise<ParallelFunction | ModuleFunctions>;
}
