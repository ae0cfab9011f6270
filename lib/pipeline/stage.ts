/** The two words that a pipeline's stages and handlers are written with. */
import { MANY_NAME } from '../crew/many.js';
import type {
  AnyBatchHandler,
  BatchInputOf,
  BatchOutputOf,
  BatchStageOptions,
  UntypedBatchHandler,
} from './batch-contract.js';
import { MANY } from './contract.js';
import type {
  AnyHandler,
  InputOf,
  Many,
  OutputOf,
  Stage,
  StageOptions,
  UntypedHandler,
} from './contract.js';

/**
 * Describes a stage; `stage<typeof handler>({ ... })` takes the types from the handler, of which a
 * type-only import suffices. With `batch` the handler takes arrays.
 */
export function stage<H extends AnyBatchHandler = UntypedBatchHandler>(
  options: BatchStageOptions<H>,
): Stage<BatchInputOf<H>, BatchOutputOf<H>>;
export function stage<H extends AnyHandler = UntypedHandler>(
  options: StageOptions<H>,
): Stage<InputOf<H>, OutputOf<H>>;
export function stage(options: unknown): Stage {
  return { options: options as StageOptions };
}

/** Returned by a handler: these are several results, in this order; none ends the item. */
export function many<T>(results: Iterable<T>): Many<T> {
  return new Several(results);
}

/** Of a class, so that it is not taken for plain data on its way to another thread. */
class Several<T> implements Many<T> {
  readonly [MANY]: readonly T[];

  constructor(results: Iterable<T>) {
    this[MANY] = [...results];
  }

  /** The codec 'json' asks for this, and says where it is; what a handler itself returns is taken apart before. */
  toJSON(): never {
    throw new TypeError(MANY_NAME);
  }
}
