/** softdlb: a software Dynamic Load Balancer for worker threads. The public entry. */
export { EventBurst } from './eventdev/event-burst.js';
export type { EventFields } from './eventdev/event-burst.js';
export { OP, PRIORITY, REFUSAL, SCHED } from './eventdev/event.js';
export { DlbError, ERROR_CODES } from './eventdev/errors.js';
export type { ErrorCode } from './eventdev/errors.js';
export type { Why, WhyReason } from './eventdev/commands.js';
export type * from './eventdev/spec.js';
export { ALERT_KINDS } from './eventdev/reports.js';
export type * from './eventdev/reports.js';
export type { PortAttachment } from './memory/attachment.js';
export { attachPort } from './port/index.js';
export type { Port, ReadyOptions } from './port/index.js';
export type { BufferPool } from './mempool/index.js';
export type {
  DeviceDocument,
  DeviceTree,
  Domain,
  DomainAttributes,
  DomainDocument,
  Link,
  NodeDescription,
  NodeEntry,
  NodeType,
  PortAttributes,
  WholeQueueAttributes,
  PortDocument,
  RecoveryInfo,
  RecoveryListener,
  ResourceReport,
  AttachOptions,
  Quota,
  ResourceCount,
  TenantDevice,
  TenantDomain,
  VirtualDevice,
  VirtualDeviceHandle,
  VirtualDeviceState,
  TreeChange,
  TreeValue,
  TreeWatchOptions,
  XstatName,
  XstatsMode,
} from './control/index.js';
export { attachVirtualDevice, openDevice } from './device/index.js';
export type { Device, DeviceInfo } from './device/index.js';
export { createPadata, openPadata } from './padata/index.js';
export type {
  CloseOptions,
  FillFunction,
  Job,
  JobResult,
  JobSource,
  ModuleFunctions,
  ModuleSerialFunction,
  OverdueReport,
  Padata,
  PadataCloseOptions,
  PadataOptions,
  PadataRangeOptions,
  PadataRangeSummary,
  PadataRunOptions,
  PadataRunSummary,
  PadataStats,
  PadataStream,
  PadataStreamOptions,
  PadataStreamStats,
  ParallelFunction,
  ParallelModule,
  RangeFunction,
  RangeOptions,
  RangeSummary,
  RunOptions,
  RunSummary,
  SerialFunction,
  SerialJob,
  SetChange,
  Stream,
  StreamOptions,
  StreamStats,
  WorkerSet,
  WorkerSets,
} from './padata/index.js';
export { createPipeline, lines, many, records, stage } from './pipeline/index.js';
export type {
  BatchContext,
  BatchStageOptions,
  BatchedSource,
  ChunkSource,
  LinesOptions,
  PipelineBatchRunOptions,
  CommitOptions,
  PipelineCallOptions,
  PipelineDuplexOptions,
  Codec,
  Crash,
  DeadLetter,
  ErrorPolicy,
  FlowKey,
  HandlerResult,
  ItemOptions,
  Many,
  OutputOrder,
  PartitionKey,
  Percentiles,
  Pipeline,
  PipelineCloseOptions,
  PipelineInput,
  PipelineItemOptions,
  PipelineOutput,
  PipelineRun,
  PipelineSpec,
  PipelineStats,
  Position,
  RetryPolicy,
  PipelineRunOptions,
  Grain,
  Schedule,
  SetupContext,
  Stage,
  StageContext,
  StageOptions,
  StageStats,
} from './pipeline/index.js';
