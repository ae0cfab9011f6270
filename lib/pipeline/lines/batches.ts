/**
 * How a run takes whole batches of items from a source that has them, instead of a promise for each.
 *
 * A source with this method may be iterated as well: both continue where the other stopped.
 */
export const BATCHES = Symbol.for('softdlb.batches');

/** An item before anybody has looked into it. */
export type RawItem = string | Uint8Array;

export interface Batched {
  /** What the items are: strings, bytes, the bytes of JSON texts, each of which stands for its value, or anything, as it is. */
  readonly form: 'string' | 'bytes' | 'json' | 'values';
  /** `return()` tells the source that no more is wanted. */
  [BATCHES](): AsyncIterator<readonly unknown[], void>;
}

/** What can be iterated item by item, and in batches. */
export interface BatchedSource<T> extends AsyncIterableIterator<T, void>, Batched {}
