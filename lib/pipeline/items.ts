/** What brings the items of a run's source into its stream. */
import type { Entry } from './entry.js';
import type { Engine } from './engine.js';
import type { BatchRunOptions, FlowKey, RunOptions } from './contract.js';
import { Source } from '../crew/source.js';
import { ArraySource } from './array-source.js';
import { JsonText } from './codec.js';
import { BATCHES } from './lines/batches.js';
import type { Batched } from './lines/batches.js';
import type { Stream } from './stream.js';

/** Items let in before the results have their turn ... */
const FEED_MAX = 4096;
/** ... or for as long, whichever is over first. */
const FEED_MS = 8;
/** The clock is looked at once for so many items. */
const LOOK_EVERY = 8;

export class Items {
  readonly #source: Source;
  /** Of a source that gives many at a time: they are taken one by one, without a promise for each. */
  readonly #batched: Batched | undefined;
  #batches: AsyncIterator<readonly unknown[], void> | undefined;
  #batch: readonly unknown[] = [];
  /** The next of the batch. */
  #at = 0;
  readonly #json = new JsonText();
  readonly #stream: Stream;
  readonly #engine: Engine;
  readonly #entry: Entry;
  readonly #flow: ((item: never) => FlowKey) | undefined;
  readonly #priority: RunOptions['priority'];
  /** Asked for and not come. */
  #pending = false;
  /** The source's code is on the stack. */
  #pulling = false;
  /** The source has ended by itself, or was told that no more is wanted. */
  #isOver = false;
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
    options: RunOptions<never> | BatchRunOptions<never>,
  ) {
    this.#source = new Source(source);
    if (isBatched(source)) this.#batched = source;
    else if (options.batch === true) this.#batched = new ArraySource(this.#source);
    this.#stream = stream;
    this.#engine = engine;
    this.#entry = entry;
    this.#flow = options.flow;
    this.#priority = options.priority as RunOptions['priority'];
  }

  /** Lets in what there is room for, or asks for the next item. True: there is more to be let in, but others
   *  should have their turn. */
  feed(): boolean {
    const until = performance.now() + FEED_MS;
    let fed = 0;
    let isMore = false;
    while ((isMore = this.#makeWay())) {
      if (++fed === FEED_MAX || (fed % LOOK_EVERY === 0 && performance.now() >= until)) break;
      if (this.#batched !== undefined) this.#takeOne(this.#batched);
      else if (this.#source.isAsync) void this.#ask();
      else this.#pull();
    }
    this.#engine.flush();
    return isMore;
  }

  /** Lets in the item that has come. True when the source is to be asked for another. */
  #makeWay(): boolean {
    if (this.#stream.ended || (this.#hasNext && !this.#letIn())) return false;
    return !this.#pending && !this.#stream.ended && this.#hasRoom();
  }

  #hasRoom(): boolean {
    if (this.#stream.room <= 0) return false;
    if (!this.#engine.warmUp.holdsBack(this.#engine.inFlight)) return true;
    this.#engine.whenRoom(this.#tell);
    return false;
  }

  readonly #tell = (): void => this.#stream.changes.tell();

  /** No more items are wanted. Lets the iterator clean up; does not wait for one that is stuck. */
  async cancel(): Promise<void> {
    this.#hasNext = false;
    this.#item = undefined;
    // A generator cannot be ended while it runs: it is when it has come back.
    if (this.#isOver || this.#pulling) return;
    this.#isOver = true;
    const cleaning = this.#batches?.return?.() ?? this.#source.close();
    // Behind a `next` that is pending it may wait for ever.
    if (!this.#pending) await cleaning;
  }

  #pull(): void {
    this.#pulling = true;
    try {
      this.#take(this.#source.next() as IteratorResult<unknown>);
    } catch (error) {
      this.#stream.fail(error);
    }
    this.#pulling = false;
    if (this.#stream.failure !== undefined) void this.cancel();
  }

  async #ask(): Promise<void> {
    this.#pending = true;
    let until = performance.now() + FEED_MS;
    let asked = 0;
    try {
      // A source that is quick enough goes on without anybody waiting.
      do {
        const next = this.#source.next();
        // It may wait for the results of what it gave.
        this.#engine.flushAfterTurn();
        this.#take((await next) as IteratorResult<unknown>);
        if (++asked % LOOK_EVERY > 0 || performance.now() < until) continue;
        await new Promise((resolve) => setImmediate(resolve));
        until = performance.now() + FEED_MS;
      } while (!this.#stream.ended && !this.#hasNext && this.#hasRoom());
    } catch (error) {
      this.#stream.fail(error);
    }
    this.#pending = false;
    this.#engine.flushSoon();
    this.#stream.changes.tell();
  }

  /** Takes the next of the batch, or asks for another batch. */
  #takeOne(batched: Batched): void {
    if (this.#at === this.#batch.length) return void this.#askBatch(batched);
    const raw = this.#batch[this.#at++];
    try {
      this.#takeItem(batched.form === 'json' ? this.#jsonOf(raw) : raw);
    } catch (error) {
      this.#stream.fail(error);
    }
  }

  /** Its key, priority or position is asked for here. */
  get #isLookedInto(): boolean {
    if (this.#entry.hasKey || this.#flow !== undefined) return true;
    return typeof this.#priority === 'function' || this.#stream.positions !== undefined;
  }

  /** Parsed by the worker, unless it is looked into here. */
  #jsonOf(raw: unknown): unknown {
    if (!this.#isLookedInto) return this.#json.of(raw as Uint8Array);
    return JSON.parse(Buffer.from(raw as Uint8Array).toString('utf8'));
  }

  async #askBatch(batched: Batched): Promise<void> {
    this.#pending = true;
    try {
      this.#batches ??= batched[BATCHES]();
      this.#pulling = true;
      const next = this.#batches.next();
      this.#pulling = false;
      if (this.#stream.failure !== undefined) void this.cancel();
      this.#engine.flushAfterTurn();
      const { done, value } = await next;
      this.#batch = done === true ? [] : value;
      this.#at = 0;
      if (done === true) this.#take({ done, value: undefined });
    } catch (error) {
      this.#stream.fail(error);
    }
    this.#pending = false;
    this.#engine.flushSoon();
    this.#stream.changes.tell();
  }

  #take({ done, value }: IteratorResult<unknown>): void {
    if (done === true) this.#isOver = true;
    // It came too late: the run is over.
    if (this.#stream.ended) return;
    if (done === true) return this.#stream.end();
    this.#takeItem(value);
  }

  #takeItem(value: unknown): void {
    try {
      this.#itemPriority = this.#priorityOf(value);
      this.#itemFlow = this.#flowOf(value);
      this.#stream.positions?.look(value);
      // What was just called may have ended the run.
      if (this.#stream.ended) return;
      this.#item = value;
      this.#hasNext = true;
      if (!this.#letIn()) this.#engine.stalls++;
    } catch (error) {
      this.#stream.fail(error);
    }
  }

  /** False when there is no room. */
  #letIn(): boolean {
    try {
      if (!this.#stream.admit(this.#item, this.#itemFlow, this.#itemPriority)) return false;
    } catch (error) {
      this.#stream.fail(error);
    }
    this.#hasNext = false;
    this.#item = undefined;
    return true;
  }

  #flowOf(item: unknown): number {
    return this.#entry.flow(item, this.#flow?.(item as never));
  }

  #priorityOf(item: unknown): number {
    const priority = this.#priority;
    return this.#entry.priority(typeof priority === 'function' ? priority(item) : priority);
  }
}

function isBatched(source: unknown): source is Batched {
  return typeof source === 'object' && source !== null && BATCHES in source;
}
