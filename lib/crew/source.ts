/** Where a run's items come from: anything that can be iterated, and how it is told that no more is wanted. */
import { invalid } from './checks.js';

/** What is looked for in a source; nothing of it is touched before the first item is asked for. */
interface Shapes {
  readonly [Symbol.asyncIterator]?: () => AsyncIterator<unknown>;
  readonly [Symbol.iterator]?: () => Iterator<unknown>;
  /** An iterator that is its own source. */
  readonly return?: () => unknown;
  /** A Web stream. */
  readonly getReader?: () => Reader;
  readonly cancel?: () => unknown;
  /** A Node stream. */
  readonly destroy?: () => unknown;
}

interface Reader {
  read(): Promise<IteratorResult<unknown>>;
  cancel(): Promise<unknown>;
  releaseLock(): void;
}

export class Source {
  readonly isAsync: boolean;
  readonly #source: Shapes;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT when the source is not iterable. */
  constructor(source: unknown) {
    const shapes = (source ?? {}) as Shapes;
    this.isAsync = isFunction(shapes.getReader) || isFunction(shapes[Symbol.asyncIterator]);
    if (!this.isAsync && !isFunction(shapes[Symbol.iterator])) {
      throw invalid('source must be iterable', 'source', source);
    }
    this.#source = source as Shapes;
  }

  /** The next item, or a promise of it. @throws what the source throws. */
  next(): unknown {
    this.#iterator ??= this.#open();
    return this.#iterator.next();
  }

  /** No more is wanted. Resolves when the iterator has cleaned up, which one that is stuck never does. How a source
   *  ends that is no longer wanted is nobody's concern: there is a reason already. */
  async close(): Promise<void> {
    const ends = [this.#endIterator()];
    // The iterator of a stream reaches it only between two items, and not before the first.
    if (this.isAsync) ends.push(this.#endStream());
    await Promise.allSettled(ends);
  }

  async #endIterator(): Promise<void> {
    // A generator, or a cursor, is an iterator before it is asked for one.
    await (this.#iterator ?? this.#source).return?.();
  }

  async #endStream(): Promise<void> {
    const source = this.#source;
    // A reader that has the stream's lock cancels it.
    const isLocked = isFunction(source.getReader) && this.#iterator !== undefined;
    if (isFunction(source.destroy)) source.destroy();
    else if (isFunction(source.cancel) && !isLocked) await source.cancel();
  }

  #open(): Iterator<unknown> | AsyncIterator<unknown> {
    const source = this.#source;
    if (isFunction(source.getReader)) return readerOf(source as Required<Shapes>);
    return this.isAsync ? source[Symbol.asyncIterator]!() : source[Symbol.iterator]!();
  }
}

/** Unlike the stream's own iterator, it can be cancelled while it waits. */
function readerOf(stream: Required<Shapes>): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    async next() {
      const result = await reader.read();
      if (result.done === true) reader.releaseLock();
      return result;
    },
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function isFunction<F extends (...args: never[]) => unknown>(value: F | undefined): value is F {
  return typeof value === 'function';
}
