/**
 * Items of one origin, and what becomes of them: admission within a window, results in order or as they
 * come, the end, the failure.
 *
 * Runs on: the thread that made the pipeline. Runs, pushes and the adapters are all made of this.
 */
import { onAbort } from '../crew/on-abort.js';
import { Changes } from './changes.js';
import type { Dependent } from './dependents.js';
import type { Engine } from './engine.js';
import type { OutputOrder } from './contract.js';
import { Milestones } from './milestones.js';
import type { Positions } from './positions.js';
import type { ItemOwner } from './roots.js';
import type { Sessions } from './sessions.js';

export interface StreamOptions {
  readonly window: number;
  readonly order: OutputOrder;
  /** Fails the stream. */
  readonly signal: AbortSignal | undefined;
  /** Counts results that were taken. */
  readonly onTaken: (results: number) => void;
  /** Of a stream whose positions are committed. */
  readonly positions?: Positions | undefined;
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

export class Stream implements ItemOwner, Dependent {
  /** Opened when there is something to look at: results, room, an end. */
  readonly changes = new Changes();
  /** Why the stream ended early; undefined may be a reason, hence the box. */
  failure: { readonly reason: unknown } | undefined;
  /** No more items will come. */
  ended = false;
  /** Why no more items came, if that was not the end of them. */
  cutOff: { readonly reason: unknown } | undefined;
  inFlight = 0;
  /** What can be committed, if that is asked. */
  readonly positions: Positions | undefined;
  /** Told at once when the stream fails. */
  onFailed: (reason: unknown) => void = () => {};
  /** Told at once when no more items are wanted: it has failed, or was cut. */
  onUnwanted: (reason: unknown) => void = () => {};
  readonly #engine: Engine;
  readonly #sessions: Sessions;
  readonly #options: StreamOptions;
  /** Undefined until the first item. */
  #session: number | undefined;
  /** Results before their turn, by number; undefined for a stream as completed. */
  readonly #ring: unknown[] | undefined;
  readonly #mask: number;
  readonly #milestones = new Milestones();
  #admitted = 0;
  /** Number of the first item that is not through. */
  #first = 0;
  /** Results to be taken, from `#head` on. */
  #out: unknown[] = [];
  #head = 0;
  /** Dead letters of its items that are being stored. */
  #burials = 0;
  #hasBegun = false;
  #unfollow: (() => void) | undefined;

  constructor(engine: Engine, sessions: Sessions, options: StreamOptions) {
    this.#engine = engine;
    this.#sessions = sessions;
    this.#options = options;
    this.positions = options.positions;
    if (this.positions !== undefined) this.positions.onFailed = (reason) => this.fail(reason);
    const places = 2 ** Math.ceil(Math.log2(options.window));
    this.#mask = places - 1;
    this.#ring = options.order === 'in-order' ? Array<unknown>(places).fill(PENDING) : undefined;
  }

  /** Most items between its source and its consumer. */
  get window(): number {
    return this.#options.window;
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
    return this.#options.window - held - this.waiting;
  }

  /** No more items will come, and all are through, their dead letters stored. */
  get isThrough(): boolean {
    return this.ended && this.inFlight === 0 && this.#burials === 0;
  }

  /** It is in use from now on: until then nobody knows of it, and it leaves nothing behind. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#engine.dependents.join(this);
    const { signal } = this.#options;
    if (signal === undefined || this.ended) return;
    this.#unfollow = onAbort(signal, () => this.fail(signal.reason));
  }

  /** Lets an item in; false when there is no room. @throws as `Engine.admit`. */
  admit(item: unknown, flow: number, priority: number): boolean {
    if (this.room <= 0) return false;
    this.#session ??= this.#sessions.open();
    if (!this.#engine.admit(item, this, this.#admitted, this.#session, flow, priority)) {
      this.#engine.whenRoom(this.#tell);
      return false;
    }
    this.positions?.enter(this.#admitted);
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
    this.#taken(1);
    return value;
  }

  /** All results that wait. */
  takeAll(): unknown[] {
    const all = this.#head === 0 ? this.#out : this.#out.slice(this.#head);
    this.#out = [];
    this.#head = 0;
    this.#taken(all.length);
    return all;
  }

  #taken(results: number): void {
    if (this.waiting === 0 && this.isThrough) this.#leave();
    this.#options.onTaken(results);
    this.positions?.taken(results);
    // There is room for those who push.
    this.changes.tell();
  }

  result(number: number, value: unknown): void {
    if (this.failure === undefined) {
      if (this.#ring === undefined) this.#add(number, value);
      else if (number === this.#first) {
        this.#add(number, value);
        this.#first++;
        this.#advance();
      } else this.#ring[number & this.#mask] = value;
    }
    this.#cameOut(number);
  }

  results(number: number, values: readonly unknown[]): void {
    if (this.failure === undefined) {
      if (this.#ring === undefined) this.#addAll(number, values);
      else {
        this.#ring[number & this.#mask] = new Several(values);
        this.#advance();
      }
    }
    this.#cameOut(number);
  }

  failed(_number: number, error: unknown): void {
    this.fail(error);
  }

  buried(number: number): void {
    this.#burials++;
    this.positions?.buried(number);
    this.#milestones.delay(number);
  }

  stored(number: number): void {
    this.#burials--;
    this.positions?.stored(number);
    this.#milestones.pass(number);
    this.#settled();
  }

  /** Resolves when every item let in so far is through, its dead letters stored. @throws why it failed. */
  async through(): Promise<void> {
    if (this.failure !== undefined) throw this.failure.reason;
    await this.#milestones.set(this.#admitted, this.inFlight + this.#burials);
  }

  /** Ends the stream early; the first reason counts. What is in flight is not wanted. */
  fail(reason: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { reason };
    this.ended = true;
    this.#out = [];
    this.#head = 0;
    this.positions?.stop();
    if (this.inFlight > 0) this.#sessions.cancel(this.#session!);
    this.#milestones.fail(reason);
    this.#settled();
    this.onUnwanted(reason);
    this.onFailed(reason);
  }

  /** Nothing will come out of the pipeline any more. */
  broke(reason: unknown): void {
    if (!this.isThrough) this.fail(reason);
  }

  /** No more items will come. */
  end(): void {
    this.ended = true;
    this.#settled();
  }

  /** Ends the items here: what was let in comes out. */
  cut(reason: unknown): void {
    if (this.ended) return;
    this.cutOff = { reason };
    this.end();
    this.onUnwanted(reason);
  }

  /** Moves what has its turn from the ring to the results. */
  #advance(): void {
    const ring = this.#ring!;
    for (;;) {
      const at = this.#first & this.#mask;
      const value = ring[at];
      if (value === PENDING) return;
      ring[at] = PENDING;
      const number = this.#first++;
      if (value instanceof Several) this.#addAll(number, value.values);
      else this.#add(number, value);
    }
  }

  #add(number: number, value: unknown): void {
    this.#out.push(value);
    this.positions?.ready(number, 1);
  }

  #addAll(number: number, values: readonly unknown[]): void {
    for (const value of values) this.#out.push(value);
    this.positions?.ready(number, values.length);
  }

  #cameOut(number: number): void {
    this.inFlight--;
    this.#milestones.pass(number);
    if (this.ended) this.#settled();
    else this.changes.tell();
  }

  readonly #tell = (): void => this.changes.tell();

  #settled(): void {
    this.changes.tell();
    if (this.failure !== undefined || (this.isThrough && this.waiting === 0)) this.#leave();
    if (this.ended && this.inFlight === 0) this.#closeSession();
  }

  /** Nobody has to tell it of anything any more. */
  #leave(): void {
    this.#hasBegun = true;
    this.#engine.dependents.leave(this);
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #closeSession(): void {
    if (this.#session === undefined) return;
    this.#sessions.close(this.#session);
    this.#session = undefined;
  }
}
