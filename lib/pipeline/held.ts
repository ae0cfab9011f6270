/** An item that a worker keeps open, and the flows that have one. */
import { FLOWS_MAX } from '../eventdev/limits.js';
import { MARKS } from './cell.js';
import type { Cell } from './cell.js';
import type { Parcel } from './parcel.js';
import type { StageRunner } from './stage-runner.js';

const ALONE: readonly Held[] = [];

export class Held {
  /** Item `index` of this parcel. */
  readonly parcel: Parcel;
  readonly index: number;
  readonly flowKey: number;
  /** When the call began, in milliseconds. */
  began = 0;
  /** How long since then the thread was kept from turning its event loop, which this call needs as well. */
  waited = 0;
  /** Items of the same call, if this is the first of several. */
  others: readonly Held[] = ALONE;

  constructor(parcel: Parcel, index: number) {
    this.parcel = parcel;
    this.index = index;
    this.flowKey = flowKeyOf(parcel.runner, parcel.cell!.flow(index));
  }

  get runner(): StageRunner {
    return this.parcel.runner;
  }

  get cell(): Cell {
    return this.parcel.cell!;
  }

  /** It was never called at this stage. */
  get isFresh(): boolean {
    return isFresh(this.cell, this.index);
  }

  /** How far its call has come, for whoever finds it after this thread has died. */
  mark(mark: number): void {
    this.cell.setMark(this.index, mark, this.runner.caller);
  }
}

/** The item was never called at its stage. */
export function isFresh(cell: Cell, i: number): boolean {
  return cell.mark(i) === MARKS.NOT_BEGUN && cell.tries(i) === 0;
}

export function flowKeyOf(runner: StageRunner, flow: number): number {
  return runner.index * FLOWS_MAX + flow;
}

const NONE: Held[] = [];

/** The flows that have an item open here, each with what waits behind it. */
export class BusyFlows {
  readonly #waiting = new Map<number, Held[]>();

  get size(): number {
    return this.#waiting.size;
  }

  has(key: number): boolean {
    return this.#waiting.has(key);
  }

  /** The flow has an item open from now on. */
  begin(key: number): void {
    this.#waiting.set(key, NONE);
  }

  /** Puts an item behind those of its flow. */
  wait(key: number, held: Held): void {
    const waiting = this.#waiting.get(key)!;
    if (waiting === NONE) this.#waiting.set(key, [held]);
    else waiting.push(held);
  }

  /** Takes out what waits in a flow, from the front on, as long as it fits. */
  join(key: number, fits: (held: Held) => boolean): Held[] {
    const waiting = this.#waiting.get(key)!;
    const end = waiting.findIndex((held) => !fits(held));
    return waiting.splice(0, end < 0 ? waiting.length : end);
  }

  /** They are the first that wait in their flow. */
  putBack(key: number, helds: readonly Held[]): void {
    this.#waiting.set(key, [...helds, ...this.#waiting.get(key)!]);
  }

  /** Takes out what waits and fits. */
  take(fits: (held: Held) => boolean): Held[] {
    return [...this.#waiting.values()].flatMap((waiting) => takeFrom(waiting, fits));
  }

  /** The open item is done: the next of its flow, which is open now; undefined when there is none, and the
   *  flow is free. */
  next(key: number): Held | undefined {
    const waiting = this.#waiting.get(key);
    const next = waiting?.shift();
    if (next === undefined) this.#waiting.delete(key);
    return next;
  }
}

/** Takes out of a list what fits. */
export function takeFrom(list: Held[], fits: (held: Held) => boolean): Held[] {
  const taken: Held[] = [];
  let left = 0;
  for (const held of list) {
    if (fits(held)) taken.push(held);
    else list[left++] = held;
  }
  list.length = left;
  return taken;
}
