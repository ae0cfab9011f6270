/** Where a run's items come from: every kind of source, brought into a stream. */
import { invalid } from '../crew/checks.js';
import type { Entry } from './entry.js';
import type { Engine } from './engine.js';
import type { FlowKey, RunOptions } from './contract.js';
import type { Stream } from './stream.js';

/** Items let in before the results have their turn. */
const FEED_MAX = 256;

type ItemIterator = Iterator<unknown> | AsyncIterator<unknown>;

export class Items {
  readonly #iterator: ItemIterator;
  readonly #isAsync: boolean;
  readonly #stream: Stream;
  readonly #engine: Engine;
  readonly #entry: Entry;
  readonly #flow: ((item: never) => FlowKey) | undefined;
  readonly #priority: RunOptions['priority'];
  /** Asked for and not come. */
  #pending = false;
  #isCancelled = false;
  /** An item has come and is not let in yet: this one. */
  #hasNext = false;
  #item: unknown;
  #itemFlow = 0;
  #itemPriority = 0;

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT when the source is not iterable. */
  constructor(
    source: unknown,
    stream: Stream,
    engine: Engine,
    entry: Entry,
    options: RunOptions<never>,
  ) {
    const kinds = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
    const asyncIterator = kinds?.[Symbol.asyncIterator]?.();
    const iterator = asyncIterator ?? kinds?.[Symbol.iterator]?.();
    if (iterator === undefined) throw invalid('source must be iterable', 'source', source);
    this.#iterator = iterator;
    this.#isAsync = asyncIterator !== undefined;
    this.#stream = stream;
    this.#engine = engine;
    this.#entry = entry;
    this.#flow = options.flow;
    this.#priority = options.priority as RunOptions['priority'];
  }

  /** Lets in what there is room for, or asks for the next item. */
  feed(): void {
    for (let fed = 0; fed < FEED_MAX && !this.#stream.ended; fed++) {
      if (this.#hasNext && !this.#letIn()) break;
      if (this.#pending || this.#stream.room <= 0) break;
      if (this.#isAsync) void this.#ask();
      else this.#pull();
    }
    this.#engine.flush();
  }

  /** No more items are wanted. Lets the iterator clean up; does not wait for one that is stuck. */
  async cancel(): Promise<void> {
    this.#hasNext = false;
    this.#item = undefined;
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    const cleaning = this.#cleanUp();
    // Behind a `next` that is pending it may wait for ever.
    if (!this.#pending) await cleaning;
  }

  async #cleanUp(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // How a source ends that is no longer wanted is nobody's concern: there is a reason already.
    }
  }

  #pull(): void {
    try {
      this.#take((this.#iterator as Iterator<unknown>).next());
    } catch (error) {
      this.#stream.fail(error);
    }
  }

  async #ask(): Promise<void> {
    const iterator = this.#iterator as AsyncIterator<unknown>;
    this.#pending = true;
    try {
      // A source that is quick enough goes on without anybody waiting.
      do {
        const next = iterator.next();
        // It may wait for the results of what it gave.
        this.#engine.flushAfterTurn();
        this.#take(await next);
      } while (!this.#stream.ended && !this.#hasNext && this.#stream.room > 0);
    } catch (error) {
      this.#stream.fail(error);
    }
    this.#pending = false;
    this.#engine.flushSoon();
    this.#stream.changes.tell();
  }

  #take({ done, value }: IteratorResult<unknown>): void {
    // It came too late: the run is over.
    if (this.#stream.ended) return;
    if (done === true) return this.#stream.end();
    try {
      this.#itemPriority = this.#priorityOf(value);
      this.#itemFlow = this.#flowOf(value);
      this.#item = value;
      this.#hasNext = true;
      if (!this.#letIn()) this.#engine.stalls++;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** False when there is no room. */
  #letIn(): boolean {
    try {
      if (!this.#stream.admit(this.#item, this.#itemFlow, this.#itemPriority)) return false;
    } catch (error) {
      this.#fail(error);
    }
    this.#hasNext = false;
    this.#item = undefined;
    return true;
  }

  #fail(error: unknown): void {
    this.#hasNext = false;
    this.#item = undefined;
    this.#stream.fail(error);
    void this.cancel();
  }

  #flowOf(item: unknown): number {
    return this.#entry.flow(item, this.#flow?.(item as never));
  }

  #priorityOf(item: unknown): number {
    const priority = this.#priority;
    return this.#entry.priority(typeof priority === 'function' ? priority(item) : priority);
  }
}
