/** An event that a worker has in hand, the pack that came with it, and what has become of its items so far. */
import { EventBurst } from '../eventdev/event-burst.js';
import { ITEMS_MAX } from './cell.js';
import type { Cell } from './cell.js';
import { decode, KIND } from './codec.js';
import { Gather } from './gather.js';
import { PackBuilder } from './pack-builder.js';
import { decodePlain } from './plain.js';
import type { StageRunner } from './stage-runner.js';

/** How far an item has come in this worker. */
export const STATE = {
  /** Not looked at, or held. */
  LEFT: 0,
  /** What becomes of it is in the packs to be sent. */
  DONE: 1,
  /** Sent on. */
  GONE: 2,
} as const;

/** A result in memory of its own, on its way to a queue. */
export interface LargeResult {
  readonly cell: Cell;
  readonly queue: number;
  readonly flow: number;
}

const TAKEN = Symbol('taken');

export class Parcel {
  /** The event, alone in a burst of its own. */
  readonly event = new EventBurst(1);
  runner!: StageRunner;
  /** Undefined while it has to be fetched. */
  cell: Cell | undefined;
  /** Items of the pack, and how many of them are neither done nor gone. */
  count = 0;
  left = 0;
  /** Open beyond the burst that it came in. */
  isKept = false;
  /** Counts the parcels that this worker took. */
  number = 0;
  /** The sender's burst in which it was last renewed. */
  renewal = -1;
  /** The item to be looked at next. */
  next = 0;
  readonly states = new Uint8Array(ITEMS_MAX);
  #values: unknown[] | undefined;

  readonly #hasParts: boolean;
  readonly #results: Results;
  /** Of a stage that keeps order: what has become of items while others before them are left. */
  readonly #early = new Map<number, Results>();
  #current: Results;
  /** No item before this one is left. */
  #first = 0;

  /** @param hasParts items may become several. */
  constructor(hasParts: boolean) {
    this.#hasParts = hasParts;
    this.#results = this.#current = newResults(hasParts);
  }

  /** Packs of results, and results, that are complete ... */
  get closed(): (PackBuilder | LargeResult)[] {
    return this.#current.closed;
  }
  /** ... and behind them those that are being filled. */
  get open(): Gather {
    return this.#current.open;
  }

  /** Takes event `i` of a burst. */
  take(burst: EventBurst, i: number, runner: StageRunner): this {
    this.event.clear();
    this.event.append(burst, i);
    this.runner = runner;
    this.cell = undefined;
    this.isKept = false;
    this.renewal = -1;
    this.next = 0;
    this.#first = 0;
    this.#values = undefined;
    return this;
  }

  /** Where the pack is. */
  show(cell: Cell): void {
    this.cell = cell;
    const { count } = cell;
    this.count = count;
    this.left = 0;
    for (let i = 0; i < count; i++) {
      const isGone = cell.isGone(i);
      this.states[i] = isGone ? STATE.GONE : STATE.LEFT;
      if (!isGone) this.left++;
    }
  }

  /** What becomes of item `i` is written next. */
  begin(i: number): void {
    this.#current = this.#results;
    if (!this.#keepsOrder || this.#isFirst(i)) return;
    this.#current = newResults(this.#hasParts);
    this.#early.set(i, this.#current);
  }

  /** What becomes of the item is written. */
  done(i: number): void {
    this.states[i] = STATE.DONE;
    this.left--;
    this.#current = this.#results;
    if (this.#early.size > 0) this.#join();
  }

  /** Nothing has become of the item after all. */
  undo(i: number): void {
    this.#early.delete(i);
    this.#current = this.#results;
  }

  /** There is something to be sent on. */
  get hasResults(): boolean {
    return this.#results.closed.length > 0 || this.#results.open.size > 0;
  }

  /** Item `i` has gone on, or goes with what is to be sent. */
  isSent(i: number): boolean {
    return this.states[i] !== STATE.LEFT && !this.#early.has(i);
  }

  get #keepsOrder(): boolean {
    return this.runner.settings.schedule === 'ordered';
  }

  #isFirst(i: number): boolean {
    while (this.#first < i && this.states[this.#first] !== STATE.LEFT) this.#first++;
    return this.#first === i;
  }

  /** What was written early, as far as it has its turn. */
  #join(): void {
    const { closed, open } = this.#results;
    for (; this.#first < this.count && this.states[this.#first] !== STATE.LEFT; this.#first++) {
      const early = this.#early.get(this.#first);
      if (early === undefined) continue;
      this.#early.delete(this.#first);
      for (const pack of open.packs) {
        open.detach(pack);
        closed.push(pack);
      }
      closed.push(...early.closed, ...early.open.packs);
    }
  }

  /** The item as it came, for a handler that may change it. Bytes are shared memory. @throws why it cannot be read. */
  item(i: number): unknown {
    const cell = this.cell!;
    const kind = cell.kind(i);
    if (kind === KIND.STRING) return cell.text(i);
    if (kind === KIND.JSON) return JSON.parse(cell.text(i));
    if (kind !== KIND.PLAIN) return decode(kind, cell.content(i), cell.shared);
    const at = cell.offset(i);
    const values = (this.#values ??= decodePlain(cell.plain!));
    const value = values[at];
    // It was given to a call before.
    if (value === TAKEN) return decodePlain(cell.plain!)[at];
    values[at] = TAKEN;
    return value;
  }

  /** What has become of its items is sent on. */
  forget(): void {
    const { closed, open } = this.#results;
    for (const result of closed) if (result instanceof PackBuilder) open.reuse(result);
    closed.length = 0;
    open.clear();
  }
}

interface Results {
  readonly closed: (PackBuilder | LargeResult)[];
  readonly open: Gather;
}

function newResults(hasParts: boolean): Results {
  return { closed: [], open: new Gather(hasParts) };
}
