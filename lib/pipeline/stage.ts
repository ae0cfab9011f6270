/** The two words that a pipeline's stages and handlers are written with. */
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
 * type-only import suffices.
 */
export function stage<H extends AnyHandler = UntypedHandler>(
  options: StageOptions<H>,
): Stage<InputOf<H>, OutputOf<H>> {
  return { options };
}

/** Returned by a handler: these are several results, in this order; none ends the item. */
export function many<T>(results: Iterable<T>): Many<T> {
  return { [MANY]: [...results] };
}
