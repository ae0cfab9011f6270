/**
 * What happens in pipelines, for whoever subscribes on node:diagnostics_channel.
 *
 * | channel | when | message |
 * |---|---|---|
 * | softdlb:pipeline:start | the pipeline is open | pipeline, stages, workers |
 * | softdlb:pipeline:error | an item failed for good | pipeline, stage, flow, attempt, error |
 * | softdlb:pipeline:crash | a thread died | pipeline, worker, cause, exitCode |
 * | softdlb:pipeline:redelivery | what it held is scheduled again | pipeline, worker |
 * | softdlb:pipeline:drain | everything has come out | pipeline |
 */
import { channel } from 'node:diagnostics_channel';

export const CHANNELS = {
  start: channel('softdlb:pipeline:start'),
  error: channel('softdlb:pipeline:error'),
  crash: channel('softdlb:pipeline:crash'),
  redelivery: channel('softdlb:pipeline:redelivery'),
  drain: channel('softdlb:pipeline:drain'),
} as const;
