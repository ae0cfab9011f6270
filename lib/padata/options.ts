/** The options of `createPadata`: types, defaults with their reasons, checks. */
import type { ResourceLimits } from 'node:worker_threads';
import {
  checkOptions,
  cloneable,
  eitherName,
  flag,
  invalid,
  moduleUrl,
  optionalFunction,
  threadLimits,
  timerMs,
  whole,
} from '../crew/checks.js';
import type { Crash } from '../crew/crash-teller.js';
import { SETUP_TIMEOUT_MS } from '../crew/crew.js';
import { defaultWorkers, WORKERS_MAX } from '../crew/default-workers.js';
import { BUFFER_BYTES_MAX } from '../eventdev/limits.js';
import type { ControlOptions } from '../eventdev/spec.js';
import type { OverdueReport } from './contract.js';
import { HEADER_BYTES } from './job-buffer.js';

export interface PadataOptions {
  /** The module with the parallel function: a URL, or an absolute path. See `ParallelModule`. */
  module: URL | string;
  /** Room of one job's buffer, for input and result alike, 1..268435328. */
  bytes: number;
  /** Threads, 1..63. Default: as many as the machine runs at once, but for one core, which the submitting thread has;
   *  at least 1. */
  workers?: number;
  /** Most jobs of a stream in flight, 1..65536. Default: 8 MiB of them, but 4 per worker to 1024 in all. */
  jobs?: number;
  /** Given to the module's `setup`; structured-cloneable. Copied when the pool is opened. */
  context?: unknown;
  /** Default 'padata'. */
  name?: string;
  /** Threads that a job may end before it fails, 1..255, default 3. 1 is for functions that change
   *  their buffer step by step: those cannot start again. */
  attempts?: number;
  /** Streams, the pool's own among them, each with buffers for `jobs` of its own: 1..256, all in all
   *  262144 jobs. Default: 4, fewer if their buffers were more than 64 MiB. */
  streams?: number;
  /** Jobs that a thread may have in hand at once when they complete later, 1..128, default 1. */
  concurrency?: number;
  /** A job that a worker has had in hand for so many milliseconds, 1 or more, is overdue, and so is the
   *  oldest of a stream that no worker has had so long. Default: nobody watches. */
  timeoutMs?: number;
  /** @deprecated it is `timeoutMs`. */
  watchdogMs?: number;
  /** Told of each overdue job. What it throws is thrown on the event loop. */
  onOverdue?: (report: OverdueReport) => void;
  /** What becomes of an overdue job that a thread has begun. 'wait' (default); 'fail': its thread is
   *  ended and replaced, and the job fails in its place. */
  overdue?: 'wait' | 'fail';
  /** How long a thread may take until its module is loaded and set up, in milliseconds, 1 or more, default 60 000.
   *  Then it is ended: `createPadata` rejects, and of a thread that replaces another it counts as a crash. */
  setupTimeoutMs?: number;
  /** Told of each thread that died: which worker, the cause and the exit code. Default: a warning of the process, at
   *  most one a minute. */
  onCrash?: (crash: Crash) => void | Promise<void>;
  /** Lets the process end while the pool is open and idle, as a test runner that was left with one needs it; jobs, ranges
   *  and `close` under way keep it alive all the same. Default false. */
  unref?: boolean;
  /** Limits for each thread, as for a node:worker_threads Worker. Default: a `maxYoungGenerationSizeMb` of 2 where
   *  `bytes` is 4096 or less, else none; see README.md. A function that makes much of little, megabytes for each job,
   *  wants more. */
  resourceLimits?: ResourceLimits;
  /** Lets the command `softdlb` look at the pool's device, as `control` of `openDevice`. */
  control?: boolean | ControlOptions;
}

/** Options with everything decided. */
export interface PadataSettings {
  readonly module: string;
  readonly bytes: number;
  readonly workers: number;
  readonly jobs: number;
  readonly context: unknown;
  readonly name: string;
  readonly attempts: number;
  readonly streams: number;
  readonly concurrency: number;
  readonly timeoutMs: number | undefined;
  readonly onOverdue: ((report: OverdueReport) => void) | undefined;
  readonly overdue: 'wait' | 'fail';
  readonly setupTimeoutMs: number;
  readonly onCrash: ((crash: Crash) => void | Promise<void>) | undefined;
  readonly unref: boolean;
  readonly resourceLimits: ResourceLimits | undefined;
  /** Checked by `openDevice`. */
  readonly control: boolean | ControlOptions;
}

/** Each has its views on both sides; more would only wait longer. */
export const JOBS_MAX = 65_536;
export const BYTES_MAX = BUFFER_BYTES_MAX - HEADER_BYTES;
/** A job that has ended so many threads will end the next. */
export const ATTEMPTS_MAX = 255;
const ATTEMPTS_DEFAULT = 3;
/** An event of a port that completes in any order is named by a byte, and one in a pack may be late. */
export const CONCURRENCY_MAX = 128;
export const STREAMS_MAX = 256;
/** Credits are twice the buffers, and a domain has 2^20 of them. */
const ALL_JOBS_MAX = 2 ** 18;
const STREAMS_DEFAULT = 4;
const STREAM_MEMORY_DEFAULT = 64 << 20;

/** Buffers of a default pool: large enough to keep threads busy while the submitter rests, small
 *  enough to stay near the caches. */
const JOB_MEMORY_DEFAULT = 8 << 20;
const JOBS_DEFAULT_MAX = 1024;
/** Where jobs are short, what they leave behind is collected while it is still in the second-level cache: native
 *  contexts of a cipher as well, which wait for that. */
const SHORT_JOB_BYTES = 4096;
const YOUNG_MB = 2;
/** A worker has one job in hand, one waiting, and their results on the way back. */
const JOBS_PER_WORKER_MIN = 4;

const KNOWN = new Set([
  'module',
  'bytes',
  'workers',
  'jobs',
  'context',
  'name',
  'attempts',
  'streams',
  'concurrency',
  'timeoutMs',
  'watchdogMs',
  'onOverdue',
  'overdue',
  'setupTimeoutMs',
  'onCrash',
  'unref',
  'resourceLimits',
  'control',
]);

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT, naming the field and its value. */
export function settle(options: PadataOptions): PadataSettings {
  checkOptions(options, KNOWN);
  const workers = whole('workers', options.workers ?? defaultWorkers(), 1, WORKERS_MAX);
  const bytes = whole('bytes', options.bytes, 1, BYTES_MAX);
  const jobs = whole('jobs', options.jobs ?? defaultJobs(bytes, workers), 1, JOBS_MAX);
  const streamsMax = Math.min(STREAMS_MAX, Math.floor(ALL_JOBS_MAX / jobs));
  const streams = whole('streams', options.streams ?? defaultStreams(jobs, bytes), 1, streamsMax);
  const name = options.name ?? 'padata';
  if (typeof name !== 'string') throw invalid('name must be a string', 'name', name);
  return {
    module: moduleUrl('module', options.module),
    bytes,
    workers,
    jobs,
    streams,
    concurrency: whole('concurrency', options.concurrency ?? 1, 1, CONCURRENCY_MAX),
    ...settleWatch(options),
    context: cloneable('context', options.context),
    name,
    attempts: whole('attempts', options.attempts ?? ATTEMPTS_DEFAULT, 1, ATTEMPTS_MAX),
    setupTimeoutMs: timerMs('setupTimeoutMs', options.setupTimeoutMs ?? SETUP_TIMEOUT_MS, 1),
    onCrash: optionalFunction('onCrash', options.onCrash),
    unref: flag('unref', options.unref ?? false),
    resourceLimits: settleLimits(options.resourceLimits, bytes),
    control: options.control ?? false,
  };
}

function settleWatch(
  options: PadataOptions,
): Pick<PadataSettings, 'timeoutMs' | 'onOverdue' | 'overdue'> {
  const { onOverdue, overdue = 'wait' } = options;
  const [field, timeoutMs] = eitherName(options, 'timeoutMs', 'watchdogMs');
  if (timeoutMs !== undefined) timerMs(field, timeoutMs, 1);
  optionalFunction('onOverdue', onOverdue);
  if (overdue !== 'wait' && overdue !== 'fail') {
    throw invalid("overdue must be 'wait' or 'fail'", 'overdue', overdue);
  }
  return { timeoutMs, onOverdue, overdue };
}

function settleLimits(limits: unknown, bytes: number): ResourceLimits | undefined {
  const chosen = threadLimits(limits);
  return bytes > SHORT_JOB_BYTES ? chosen : { maxYoungGenerationSizeMb: YOUNG_MB, ...chosen };
}

function defaultStreams(jobs: number, bytes: number): number {
  const affordable = Math.floor(STREAM_MEMORY_DEFAULT / (jobs * bytes));
  const possible = Math.floor(ALL_JOBS_MAX / jobs);
  return Math.max(1, Math.min(STREAMS_DEFAULT, affordable, possible));
}

function defaultJobs(bytes: number, workers: number): number {
  const affordable = Math.floor(JOB_MEMORY_DEFAULT / bytes);
  return Math.max(Math.min(affordable, JOBS_DEFAULT_MAX), workers * JOBS_PER_WORKER_MIN);
}
