/**
 * The workers that help with a range: no more than it may have, each with a few parts at a time.
 *
 * Runs on: the thread that opened the pool. A seat that leaves the parallel set does what it was given, and another may
 * take its place then.
 */
import { PARTS_PER_SEAT } from './shape.js';

/** What helpers are chosen by. */
export interface HelperPool {
  /** Seats that may help now. */
  members(): readonly number[];
  /** Parts that a seat was given, of all ranges. */
  given(seat: number): number;
}

export class Helpers {
  readonly #most: number;
  readonly #pool: HelperPool;
  /** By seat: parts of this range that it was given. */
  readonly #given = new Map<number, number>();

  constructor(most: number, pool: HelperPool) {
    this.#most = most;
    this.#pool = pool;
  }

  /** The seat that gets the next part; undefined when none is to get one now. */
  next(): number | undefined {
    const members = this.#pool.members();
    for (const [seat, given] of this.#given) {
      if (given === 0 && !members.includes(seat)) this.#given.delete(seat);
    }
    const mayJoin = this.#given.size < this.#most;
    const able = members.filter((seat) => {
      return this.#given.has(seat) ? this.#given.get(seat)! < PARTS_PER_SEAT : mayJoin;
    });
    const load = (seat: number): number => this.#given.get(seat) ?? this.#pool.given(seat);
    return able.toSorted((a, b) => load(a) - load(b))[0];
  }

  gave(seat: number): void {
    this.#given.set(seat, (this.#given.get(seat) ?? 0) + 1);
  }

  back(seat: number): void {
    this.#given.set(seat, this.#given.get(seat)! - 1);
  }
}
