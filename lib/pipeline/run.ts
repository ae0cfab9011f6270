/**
 * One run: all items of a source, as an async iterator of results.
 *
 * Runs on: the thread that made the pipeline, in the calls of `next`. While results wait they are handed over
 * one after the other; from time to time, and when there are none, the source is fed and what has come is
 * taken out. So the consumer's pace is the source's.
 */
import type { PartitionKey, PipelineRun, Position } from './commit-contract.js';
import type { Engine } from './engine.js';
import type { Items } from './items.js';
import type { Stream } from './stream.js';

/** What part of the window is taken before the source is fed again: less would make small packs. */
const TAKEN_PART = 4;
/** The event loop gets a turn when this long has passed since the last. */
const TURN_MS = 8;

export interface RunParts {
  readonly engine: Engine;
  readonly stream: Stream;
  /** Undefined when items are pushed: then this is one reader of results that go on without it. */
  readonly items?: Items;
  /** Closing the pipeline ends the results as `end` does: whoever pushes is told. */
  readonly endsWithPipeline?: boolean;
  /** Results are handed over in arrays of all that wait. */
  readonly batch?: boolean;
}

export class Run<Out> implements PipelineRun<Out> {
  readonly #parts: RunParts;
  readonly #takenMax: number;
  #taken = 0;
  #over = false;
  #lastTurn = performance.now();
  /** Calls of `next` are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #answering = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { items, stream } = parts;
    // Each array is behind a look at the source.
    this.#takenMax = parts.batch === true ? 0 : Math.ceil(stream.window / TAKEN_PART);
    if (items !== undefined) stream.onUnwanted = () => void items.cancel();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  committable(): Map<PartitionKey, Position> {
    return this.#parts.stream.positions?.committable ?? new Map();
  }

  next(): Promise<IteratorResult<Out>> {
    const { stream } = this.#parts;
    stream.positions?.asked();
    const isQuick = this.#answering === 0 && this.#taken < this.#takenMax && !this.#over;
    if (isQuick && stream.waiting > 0) {
      this.#taken++;
      return Promise.resolve({ done: false, value: stream.take() as Out });
    }
    this.#answering++;
    const answer = this.#last.then(() => this.#answer());
    this.#last = answer.then(
      () => this.#answering--,
      () => this.#answering--,
    );
    return answer;
  }

  /** Leaves early: what is in flight is not wanted. */
  async return(): Promise<IteratorResult<Out>> {
    const { items, stream } = this.#parts;
    if (!this.#over) {
      this.#over = true;
      if (items !== undefined) {
        stream.positions?.leave();
        stream.fail(undefined);
        await items.cancel();
      }
      // A reader of results that waits for some.
      stream.changes.tell();
    }
    return { done: true, value: undefined };
  }

  async #answer(): Promise<IteratorResult<Out>> {
    const { batch = false, engine, items, stream } = this.#parts;
    stream.begin();
    this.#taken = 0;
    while (!this.#over) {
      if (stream.failure !== undefined) return this.#reject(stream.failure.reason);
      if (batch && stream.waiting > 0) return this.#all();
      const isMore = items?.feed() ?? false;
      const taken = engine.poll();
      const isLate = performance.now() - this.#lastTurn >= TURN_MS;
      if (isLate) await this.#turn();
      if (stream.failure !== undefined) continue;
      if (stream.waiting > 0)
        return batch ? this.#all() : { done: false, value: stream.take() as Out };
      if (stream.isThrough) {
        stream.positions?.tell();
        // What it calls may fail the run.
        if (stream.failure === undefined) return this.#end();
        continue;
      }
      // What was taken out may have made room, and whoever asked for it was told before it waits; so it may have
      // been while others had their turn.
      if (isMore || isLate || taken > 0) continue;
      await stream.changes.next();
      this.#lastTurn = performance.now();
    }
    return { done: true, value: undefined };
  }

  /** All results that wait; while the consumer has them, there is work for others. */
  #all(): IteratorResult<Out> {
    const { items, stream } = this.#parts;
    const value = stream.takeAll() as Out;
    items?.feed();
    return { done: false, value };
  }

  #end(): IteratorResult<Out> {
    const { endsWithPipeline = false, stream } = this.#parts;
    if (stream.cutOff !== undefined && !endsWithPipeline) return this.#reject(stream.cutOff.reason);
    this.#over = true;
    return { done: true, value: undefined };
  }

  #reject(reason: unknown): never {
    this.#parts.stream.positions?.tell();
    this.#over = true;
    throw reason;
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }
}
