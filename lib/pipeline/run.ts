/**
 * One run: all items of a source, as an async iterator of results.
 *
 * Runs on: the thread that made the pipeline, in the calls of `next`. While results wait they are handed over
 * one after the other; from time to time, and when there are none, the source is fed and what has come is
 * taken out. So the consumer's pace is the source's.
 */
import type { Engine } from './engine.js';
import type { Items } from './items.js';
import type { Stream } from './stream.js';

/** Results taken before the source is fed again. */
const TAKEN_MAX = 128;
/** The event loop gets a turn when this long has passed since the last. */
const TURN_MS = 8;

export class Run<Out> implements AsyncIterableIterator<Out> {
  readonly #engine: Engine;
  readonly #stream: Stream;
  /** Undefined when items are pushed: then this is one reader of results that go on without it. */
  readonly #items: Items | undefined;
  readonly #onEnd: () => void;
  #taken = 0;
  #over = false;
  #lastTurn = performance.now();
  /** Calls of `next` are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #answering = 0;

  constructor(engine: Engine, stream: Stream, items: Items | undefined, onEnd: () => void) {
    this.#engine = engine;
    this.#stream = stream;
    this.#items = items;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Out>> {
    const isQuick = this.#answering === 0 && this.#taken < TAKEN_MAX && !this.#over;
    if (isQuick && this.#stream.waiting > 0) {
      this.#taken++;
      return Promise.resolve({ done: false, value: this.#stream.take() as Out });
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
    if (!this.#over) {
      this.#finish();
      if (this.#items !== undefined) this.#stream.fail(undefined);
      await this.#items?.cancel();
    }
    return { done: true, value: undefined };
  }

  async #answer(): Promise<IteratorResult<Out>> {
    this.#taken = 0;
    while (!this.#over) {
      if (this.#stream.failure !== undefined) return this.#reject(this.#stream.failure.reason);
      this.#items?.feed();
      const taken = this.#engine.poll();
      if (performance.now() - this.#lastTurn >= TURN_MS) await this.#turn();
      if (this.#stream.failure !== undefined) continue;
      if (this.#stream.waiting > 0) return { done: false, value: this.#stream.take() as Out };
      const { ended, isDrained, cutOff } = this.#stream;
      if (ended && isDrained && cutOff !== undefined) this.#reject(cutOff.reason);
      if (ended && isDrained) this.#finish();
      // What was taken out may have made room, and whoever asked for it was told before it waits.
      else if (taken === 0) {
        await this.#stream.changes.next();
        this.#lastTurn = performance.now();
      }
    }
    return { done: true, value: undefined };
  }

  #reject(reason: unknown): never {
    this.#finish();
    void this.#items?.cancel();
    throw reason;
  }

  #finish(): void {
    this.#over = true;
    this.#onEnd();
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }
}
