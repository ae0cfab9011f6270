/** Pipelines: stages on a pool of threads, per key, in order, with backpressure. */
export { lines, records } from './lines/lines.js';
export type { ChunkSource, LinesOptions } from './lines/lines.js';
export { createPipeline } from './open.js';
export { many, stage } from './stage.js';
export type { Crash } from '../crew/crash-teller.js';
export type { CommitOptions, PartitionKey, PipelineRun, Position } from './commit-contract.js';
export type { BatchContext, BatchStageOptions } from './batch-contract.js';
export type { BatchedSource } from './lines/batches.js';
export type {
  BatchRunOptions as PipelineBatchRunOptions,
  CallOptions as PipelineCallOptions,
  Codec,
  DeadLetter,
  DuplexOptions as PipelineDuplexOptions,
  ErrorPolicy,
  FlowKey,
  HandlerResult,
  ItemOptions as PipelineItemOptions,
  Many,
  OutputOrder,
  Percentiles,
  Pipeline,
  PipelineCloseOptions,
  PipelineInput,
  PipelineOutput,
  PipelineSpec,
  PipelineStats,
  RetryPolicy,
  RunOptions as PipelineRunOptions,
  Grain,
  Schedule,
  SetupContext,
  Stage,
  StageContext,
  StageOptions,
  StageStats,
} from './contract.js';
export type { ItemOptions } from './older-names.js';
