/**
 * Items of one origin, and what becomes of them: admission within a window, results in order or as they
 * come, the end, the failure.
 *
 * Runs on: the thread that made the pipeline. Runs, pushes and the adapters are all made of this.
 */
import { Changes } from './changes.js';
import type { Engine } from './engine.js';
import type { OutputOrder } from './contract.js';
import type { ItemOwner } from './roots.js';
import type { Sessions } from './sessions.js';

export interface StreamOptions {
  readonly window: number;
  readonly order: OutputOrder;
  /** Counts a result that was taken. */
  readonly onTaken: () => void;
}

/** In the ring: not through yet. */
const PENDING = Symbol('pending');
/** In the ring: through, with these results. */
class Several {
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
}

export class Stream implements ItemOwner {
  /** Opened when there is something to look at: results, room, an end. */
  readonly changes = new Changes();
  /** Why the stream ended early; undefined may be a reason, hence the box. */
  failure: { readonly reason: unknown } | undefined;
  /** No more items will come. */
  ended = false;
  /** Why no more items came, if that was not the end of them: thrown behind the last result. */
  cutOff: { readonly reason: unknown } | undefined;
  inFlight = 0;
  readonly #engine: Engine;
  readonly #sessions: Sessions;
  /** Undefined until the first item. */
  #session: number | undefined;
  readonly #window: number;
  readonly #onTaken: () => void;
  /** Results before their turn, by number; undefined for a stream as completed. */
  readonly #ring: unknown[] | undefined;
  readonly #mask: number;
  #admitted = 0;
  /** Number of the first item that is not through. */
  #first = 0;
  /** Results to be taken, from `#head` on. */
  #out: unknown[] = [];
  #head = 0;
  #closed = false;

  constructor(engine: Engine, sessions: Sessions, options: StreamOptions) {
    this.#engine = engine;
    this.#sessions = sessions;
    this.#window = options.window;
    this.#onTaken = options.onTaken;
    const places = 2 ** Math.ceil(Math.log2(options.window));
    this.#mask = places - 1;
    this.#ring = options.order === 'in-order' ? Array<unknown>(places).fill(PENDING) : undefined;
  }

  get wants(): boolean {
    return this.failure === undefined;
  }

  /** Results that could be taken now. */
  get waiting(): number {
    return this.#out.length - this.#head;
  }

  /** Items that may be let in now: neither in flight, nor before their turn, nor waiting to be taken. */
  get room(): number {
    const held = this.#ring === undefined ? this.inFlight : this.#admitted - this.#first;
    return this.#window - held - this.waiting;
  }

  /** Everything that was let in is through, and taken. */
  get isDrained(): boolean {
    return this.inFlight === 0 && this.waiting === 0;
  }

  /** Lets an item in; false when there is no room. @throws as `Engine.admit`. */
  admit(item: unknown, flow: number, priority: number): boolean {
    if (this.room <= 0) return false;
    this.#session ??= this.#sessions.open();
    if (!this.#engine.admit(item, this, this.#admitted, this.#session, flow, priority)) {
      this.#engine.whenRoom(this.#tell);
      return false;
    }
    this.#admitted++;
    this.inFlight++;
    return true;
  }

  /** The next result; the caller has seen that one is `waiting`. */
  take(): unknown {
    const value = this.#out[this.#head];
    this.#out[this.#head++] = undefined;
    if (this.#head === this.#out.length) {
      this.#out.length = 0;
      this.#head = 0;
    }
    this.#onTaken();
    // There is room for those who push.
    this.changes.tell();
    return value;
  }

  result(number: number, value: unknown): void {
    this.inFlight--;
    if (this.failure === undefined) {
      if (this.#ring === undefined) this.#out.push(value);
      else if (number === this.#first) {
        this.#out.push(value);
        this.#first++;
        this.#advance();
      } else this.#ring[number & this.#mask] = value;
    }
    this.#settled();
  }

  results(number: number, values: readonly unknown[]): void {
    this.inFlight--;
    if (this.failure === undefined) {
      if (this.#ring === undefined) this.#addAll(values);
      else {
        this.#ring[number & this.#mask] = new Several(values);
        this.#advance();
      }
    }
    this.#settled();
  }

  failed(_number: number, error: unknown): void {
    this.fail(error);
  }

  buried(): void {}

  /** Ends the stream early; the first reason counts. What is in flight is not wanted. */
  fail(reason: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { reason };
    this.ended = true;
    this.#out = [];
    this.#head = 0;
    if (this.inFlight > 0) this.#sessions.cancel(this.#session!);
    this.#settled();
  }

  /** No more items will come. */
  end(): void {
    this.ended = true;
    this.#settled();
  }

  /** Ends the items here: what was let in comes out, then `reason` is thrown. */
  cut(reason: unknown): void {
    if (this.ended) return;
    this.cutOff = { reason };
    this.end();
  }

  /** Moves what has its turn from the ring to the results. */
  #advance(): void {
    const ring = this.#ring!;
    for (;;) {
      const at = this.#first & this.#mask;
      const value = ring[at];
      if (value === PENDING) return;
      ring[at] = PENDING;
      this.#first++;
      if (value instanceof Several) this.#addAll(value.values);
      else this.#out.push(value);
    }
  }

  #addAll(values: readonly unknown[]): void {
    for (const value of values) this.#out.push(value);
  }

  readonly #tell = (): void => this.changes.tell();

  #settled(): void {
    this.changes.tell();
    if (!this.ended || this.inFlight > 0 || this.#closed) return;
    this.#closed = true;
    if (this.#session !== undefined) this.#sessions.close(this.#session);
  }
}
