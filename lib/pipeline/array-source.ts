/** A source of arrays of items, as a run takes them: whole batches, without a promise for each item. */
import { invalid } from '../crew/checks.js';
import type { Source } from '../crew/source.js';
import { BATCHES } from './lines/batches.js';
import type { Batched } from './lines/batches.js';

export class ArraySource implements Batched {
  readonly form = 'values';
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  [BATCHES](): AsyncIterator<readonly unknown[], void> {
    return {
      next: async () => {
        const { done, value } = (await this.#source.next()) as IteratorResult<unknown>;
        if (done === true) return { done, value: undefined };
        if (Array.isArray(value)) return { done: false, value };
        throw invalid('a source of batches must give arrays', 'source', value);
      },
      return: async () => {
        await this.#source.close();
        return { done: true, value: undefined };
      },
    };
  }
}
