/**
 * A source of chunks as a source of what is in its lines: one by one, or in batches. It is read once, as a generator
 * is: whoever asks next gets what comes next.
 *
 * Runs on: the thread that iterates it.
 */
import { Source } from '../../crew/source.js';
import { BATCHES } from './batches.js';
import type { BatchedSource, RawItem } from './batches.js';
import { Blocks } from './blocks.js';
import type { Block } from './blocks.js';
import type { Cursor } from './cursor.js';

/** What is made of lines. */
export interface Making<T> {
  readonly form: BatchedSource<T>['form'];
  /** For items one by one. */
  open(block: Block): Cursor;
  /** What the cursor gives, as an item; undefined: the line is left out. @param number of the line, from 1 on. */
  itemOf(line: RawItem, number: number): T | undefined;
  /** A batch. */
  rawItems(block: Block): readonly RawItem[];
}

const DONE = { done: true, value: undefined } as const;

export class CutSource<T> implements BatchedSource<T> {
  readonly #source: Source;
  readonly #making: Making<T>;
  readonly #blocks = new Blocks();
  /** In the block whose items are taken one by one. */
  #cursor: Cursor | undefined;
  /** Lines taken so far. */
  #line = 0;
  /** The source has ended by itself. */
  #hasEnded = false;
  /** Nothing is wanted any more. */
  #isOver = false;
  /** Calls that wait are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT when the source is not iterable. */
  constructor(source: unknown, making: Making<T>) {
    this.#source = new Source(source);
    this.#making = making;
  }

  get form(): BatchedSource<T>['form'] {
    return this.#making.form;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, void>> {
    try {
      const value = this.#waiting > 0 ? undefined : this.#take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    } catch (error) {
      return this.#fail(error);
    }
    return this.#inTurn(() => this.#next());
  }

  /** No more is wanted, and the source is told so at once, also while it has nothing to give. */
  async return(): Promise<IteratorResult<T, void>> {
    const closing = this.#close();
    // Behind a read that is pending it may wait for ever.
    if (this.#waiting === 0) await closing;
    return DONE;
  }

  [BATCHES](): AsyncIterator<readonly RawItem[], void> {
    return {
      next: () => this.#inTurn(() => this.#nextBatch()),
      return: async () => {
        await this.return();
        return DONE;
      },
    };
  }

  #inTurn<R>(answer: () => Promise<R>): Promise<R> {
    this.#waiting++;
    const answered = this.#last.then(answer);
    const settle = (): void => void this.#waiting--;
    this.#last = answered.then(settle, settle);
    return answered;
  }

  async #next(): Promise<IteratorResult<T, void>> {
    try {
      for (;;) {
        const value = this.#take();
        if (value !== undefined) return { done: false, value };
        const block = await this.#nextBlock();
        if (block === undefined) return DONE;
        this.#cursor = this.#making.open(block);
      }
    } catch (error) {
      return await this.#fail(error);
    }
  }

  async #nextBatch(): Promise<IteratorResult<readonly RawItem[], void>> {
    try {
      for (;;) {
        const block = this.#cursor?.rest() ?? (await this.#nextBlock());
        if (block === undefined) return DONE;
        this.#cursor = undefined;
        const value = this.#making.rawItems(block);
        if (value.length > 0) return { done: false, value };
      }
    } catch (error) {
      return await this.#fail(error);
    }
  }

  /** The next item of the block at hand. */
  #take(): T | undefined {
    let line: RawItem | undefined;
    while ((line = this.#cursor?.next()) !== undefined) {
      const item = this.#making.itemOf(line, ++this.#line);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** Undefined: there is none, or none is wanted. */
  async #nextBlock(): Promise<Block | undefined> {
    while (!this.#isOver) {
      const block = this.#blocks.take();
      if (block !== undefined) return block;
      const { done, value } = (await this.#source.next()) as IteratorResult<unknown>;
      if (done === true) return this.#end();
      // It may have come too late.
      if (!this.#isOver) this.#blocks.put(value);
    }
    return undefined;
  }

  #end(): Block | undefined {
    this.#hasEnded = true;
    if (this.#isOver) return undefined;
    this.#isOver = true;
    return this.#blocks.end();
  }

  /** Why there are no more items; of a source that is not wanted any more it is nobody's concern. */
  async #fail(error: unknown): Promise<typeof DONE> {
    if (this.#isOver && !this.#hasEnded) return DONE;
    void this.#close();
    throw error;
  }

  async #close(): Promise<void> {
    this.#cursor = undefined;
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#source.close();
  }
}
