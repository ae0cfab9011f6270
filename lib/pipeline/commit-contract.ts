/** What users pass to a run that tells them what can be committed, and what they get. */

/** What names a partition of a source: a key, as `topic-3`, or a number. */
export type PartitionKey = string | number;
/** Where an item stands in its partition, as an offset or a sequence number: a safe integer, or a bigint. */
export type Position = number | bigint;

/** Options of runs whose source wants to be told what is done. */
export interface CommitOptions<In = unknown> {
  /**
   * Where each item stands in its partition: a safe integer or a bigint, greater than that of the item before in this
   * partition; there may be gaps. The run then knows what can be committed: `committable()`.
   */
  position?: (item: In) => Position;
  /** The partition of each item. Default: all are of one, which is named 0. */
  partition?: (item: In) => PartitionKey;
  /**
   * Told that all items of a partition up to a position are done. At most once per partition and turn of the event loop,
   * and with what is new before the run ends or rejects. What it throws fails the run; a promise that it returns is
   * not waited for.
   */
  onCommittable?: (partition: PartitionKey, position: Position) => void;
}

/** Results of a run, one after the other. */
export interface PipelineRun<Out = unknown> extends AsyncIterableIterator<Out> {
  /**
   * Per partition, the position up to which all items are done, for those that have one: what can be committed now, at the end, and
   * after a failure. Empty without the option `position`.
   *
   * An item is done when all its results were taken and the consumer has asked for the next one; when it ended without a result,
   * was dropped, or became a dead letter: when that is stored. What is in flight when a run fails, is aborted or
   * left is not done, nor is the result in the hand of a consumer that leaves its loop.
   */
  committable(): Map<PartitionKey, Position>;
}
