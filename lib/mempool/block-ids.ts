/**
 * Numbers that are never the same twice, whatever the number of threads that take them.
 *
 * Runs on: any thread, each with an object of its own. Each takes a block of numbers at a time from one shared count,
 * so that most numbers cost nothing.
 */
import { addTo } from '#words';

/** Numbers that a thread takes at once. */
export const IDS_PER_BLOCK = 2 ** 20;

export class BlockIds {
  readonly #blocks: Int32Array;
  #next = 0;
  #end = 0;

  /** @param blocks one word, for all threads: blocks taken so far. */
  constructor(blocks: Int32Array) {
    this.#blocks = blocks;
  }

  /** 0 or more, below 2^52. */
  next(): number {
    if (this.#next === this.#end) {
      this.#next = (addTo(this.#blocks, 0, 1) >>> 0) * IDS_PER_BLOCK;
      this.#end = this.#next + IDS_PER_BLOCK;
    }
    return this.#next++;
  }
}
