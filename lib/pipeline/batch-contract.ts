/** What users pass and get where a handler takes arrays of items. */
import type { MaybePromise, Pieces, StageContext, StageOptions } from './contract.js';

/** The second argument of a handler that takes arrays: what its items have in common, or one for each. */
export interface BatchContext extends Omit<StageContext, 'flow'> {
  /** Of each item, in their order: see `StageContext.flow`. */
  readonly flows: readonly number[];
  /** 0 where there are several items: what was called before comes alone. */
  readonly attempt: number;
  /** Aborted when the run or call that the items belong to was, or has failed. They all belong to one. */
  readonly signal: AbortSignal;
  /** Memory for a result in bytes: another at each call. */
  output(bytes: number): Uint8Array;
}

/** Any function that can be a stage with `batch`: as many results as items, in an array. */
export type AnyBatchHandler = (
  items: never[],
  context: BatchContext,
) => MaybePromise<readonly unknown[]>;
export type UntypedBatchHandler = (
  items: unknown[],
  context: BatchContext,
) => MaybePromise<readonly unknown[]>;

/** What the handler takes and gives, one by one. */
export type BatchInputOf<H extends AnyBatchHandler> =
  Parameters<H> extends [] ? unknown : Parameters<H>[0][number];
export type BatchOutputOf<H extends AnyBatchHandler> = Pieces<Awaited<ReturnType<H>>[number]>;
export type OneByOne<H extends AnyBatchHandler> = (item: BatchInputOf<H>) => BatchOutputOf<H>;

/** A stage whose handler takes arrays. */
export interface BatchStageOptions<
  H extends AnyBatchHandler = UntypedBatchHandler,
> extends StageOptions<OneByOne<H>> {
  /**
   * Most items of a call, 1..256: what a worker has at hand, of one run or call, and never waited for. The handler gets an array of them
   * and returns an array of as many results, each as that of an item: a value, nothing, or `many`.
   *
   * Another number of results, no array, and what it throws is an error of all of them: each is called again, in an array of one, and
   * what becomes of it then is the stage's policy. Calls count by arrays: `timeoutMs`, `concurrency`.
   */
  batch: number;
}
