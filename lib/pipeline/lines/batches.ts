/**
 * How a run takes whole batches of items from a source that has them, instead of a promise for each.
 *
 * A source with this method may be iterated as well: both continue where the other stopped.
 */
export const BATCHES = Symbol.for('softdlb.batches');

/** An item before anybody has looked into it. */
export type RawItem = string | Uint8Array;

export interface Batched {
  /** What the raw items are: strings, bytes, or the bytes of JSON texts, each of which stands for its value. */
  readonly form: 'string' | 'bytes' | 'json';
  /** Batches of one item at least. `return()` tells the source that no more is wanted. */
  [BATCHES](): AsyncIterator<readonly RawItem[], void>;
}
