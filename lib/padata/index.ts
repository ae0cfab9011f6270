/** Padata-style ordered jobs: parallel work on a pool of threads, results in submission order. */
export { createPadata, openPadata } from './open.js';
export { ATTEMPTS_MAX, BYTES_MAX, CONCURRENCY_MAX, JOBS_MAX, STREAMS_MAX } from './options.js';
export { WORKERS_MAX } from '../crew/default-workers.js';
export type { PadataOptions } from './options.js';
export type {
  Job,
  JobResult,
  ModuleFunctions,
  ModuleSerialFunction,
  ParallelFunction,
  ParallelModule,
  RangeFunction,
  SerialJob,
} from './job.js';
export type { Crash } from '../crew/crash-teller.js';
export type { FillFunction, JobSource } from './feed.js';
export type { Padata } from './padata.js';
export type { Stream as PadataStream } from './stream.js';
export type { SetChange } from './worker-sets.js';
export type {
  CloseOptions as PadataCloseOptions,
  OverdueReport,
  PadataStats,
  RangeOptions as PadataRangeOptions,
  RangeSummary as PadataRangeSummary,
  RunOptions as PadataRunOptions,
  RunSummary as PadataRunSummary,
  SerialFunction,
  StreamOptions as PadataStreamOptions,
  StreamStats as PadataStreamStats,
  WorkerSet,
  WorkerSets,
} from './contract.js';
export type * from './older-names.js';
