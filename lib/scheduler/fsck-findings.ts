/** What fsck has come across so far: events, places and problems. */
import { OP_MASK, QUEUE_MASK, QUEUE_SHIFT } from '../eventdev/event.js';
import { ENTRY_SEQUENCE } from '../memory/scheduler-layout.js';
import { levelOf } from './flows.js';
import type { Machine } from './machine.js';
import type { QueueSeat } from './queue-seat.js';

export interface Found {
  readonly sequence: number;
  readonly where: string;
}

/** A word that points to pieces: of a history entry, or of a place of a window. */
export interface PieceOwner {
  readonly owner: number;
  /** The queue that the whole event came from. */
  readonly queue: QueueSeat;
  readonly where: string;
}

export class Findings {
  readonly problems: string[] = [];
  readonly events: Found[] = [];
  readonly owners: PieceOwner[] = [];
  readonly #m: Int32Array;
  /** How many events name a place of a window. */
  readonly #places = new Map<number, number>();
  /** Parked and front events per list. */
  readonly #parked = new Map<number, number>();
  /** Events of a flow slot in the history of a port: slot -> port -> count. */
  readonly slots = new Map<number, Map<number, number>>();
  /** The record of a flow slot that has parked events. */
  readonly records = new Map<number, number>();

  constructor(machine: Machine) {
    this.#m = machine.m;
  }

  expect(holds: boolean, problem: string): void {
    if (!holds) this.problems.push(problem);
  }

  /** An event stands here. */
  see(entry: number, where: string): void {
    this.events.push({ sequence: this.#m[entry + ENTRY_SEQUENCE]!, where });
  }

  /** An event stands here, where those of this queue and level do. */
  seeOn(entry: number, queue: number, level: number, where: string): void {
    const word1 = this.#m[entry + 1]!;
    const its = (word1 >>> QUEUE_SHIFT) & QUEUE_MASK;
    this.expect(its === queue, `${where}: holds an event of queue ${its}`);
    this.expect(levelOf(word1) === level, `${where}: holds an event of level ${levelOf(word1)}`);
    this.expect((word1 & OP_MASK) === 0, `${where}: holds an event with an op`);
    this.see(entry, where);
  }

  /** An event that stands elsewhere holds this place of a window. */
  namePlace(place: number): void {
    this.#places.set(place, (this.#places.get(place) ?? 0) + 1);
  }

  /** How many events name the place, which is looked at once. */
  takePlace(place: number): number {
    const named = this.#places.get(place) ?? 0;
    this.#places.delete(place);
    return named;
  }

  get placesLeft(): number {
    return this.#places.size;
  }

  countParked(list: number): void {
    this.#parked.set(list, this.parkedOn(list) + 1);
  }

  parkedOn(list: number): number {
    return this.#parked.get(list) ?? 0;
  }

  /** The port holds one more event of a flow. */
  countHeld(slot: number, port: number): void {
    const ports = this.slots.get(slot) ?? new Map<number, number>();
    ports.set(port, (ports.get(port) ?? 0) + 1);
    this.slots.set(slot, ports);
  }
}

/**
 * Walks a chain of links, at most `limit` long, and calls `see` with each. Returns the last, or
 * -1 for an empty chain.
 */
export function walk(
  found: Findings,
  first: number,
  limit: number,
  where: string,
  next: (at: number) => number,
  see: (at: number) => void,
): number {
  let last = -1;
  let length = 0;
  for (let at = first; at !== -1; at = next(at)) {
    if (length++ === limit) {
      found.problems.push(`${where}: the chain goes round or on, past ${limit}`);
      return last;
    }
    see(at);
    last = at;
  }
  return last;
}

/** Members of a pool, each of which is in one place. */
export class Pool {
  readonly #owners = new Map<number, string>();
  readonly #found: Findings;
  readonly #what: string;

  constructor(found: Findings, what: string) {
    this.#found = found;
    this.#what = what;
  }

  take(member: number, where: string): void {
    const other = this.#owners.get(member);
    this.#found.expect(
      other === undefined,
      `${this.#what} ${member} is in ${other} and in ${where}`,
    );
    this.#owners.set(member, where);
  }

  /** All of `count` members were met. */
  checkAll(count: number): void {
    const met = this.#owners.size;
    this.#found.expect(met === count, `${met} of ${count} ${this.#what}s were met`);
  }
}
