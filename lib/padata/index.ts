/** Padata-style ordered jobs: parallel work on a pool of threads, results in submission order. */
export { openPadata } from './open.js';
export { ATTEMPTS_MAX, BYTES_MAX, JOBS_MAX, WORKERS_MAX } from './options.js';
export type { PadataOptions } from './options.js';
export type { Job, ParallelFunction, ParallelModule } from './job.js';
export type { FillFunction, JobSource } from './feed.js';
export type { Padata } from './padata.js';
export type {
  CloseOptions,
  PadataStats,
  RunOptions,
  RunSummary,
  SerialFunction,
} from './contract.js';
