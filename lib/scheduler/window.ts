/**
 * The reorder window of an ordered lane: a place for each event that left the queue and is not yet
 * completed, in the order they left. Where order is kept per flow: flow-window.ts.
 *
 * Runs on:   the scheduler. Writes: the window's entries of scheduler memory.
 * Algorithm: a reorder buffer as in event_sw, with as many usable places as configured.
 */
import { ENTRY_SEQUENCE, PLACE, WINDOW, WINDOW_WORDS } from '../memory/scheduler-layout.js';

export class Window {
  /** The word offset of its places, and their number less one. */
  readonly at: number;
  readonly mask: number;
  readonly #m: Int32Array;
  readonly #size: number;
  #head = 0;
  /** The oldest place that is not settled; those before it may go. */
  #held = 0;
  #tail = 0;

  constructor(m: Int32Array, at: number, size: number) {
    this.#m = m;
    this.at = at;
    this.mask = size - 1;
    this.#size = size;
  }

  get used(): number {
    return (this.#tail - this.#head) | 0;
  }

  get full(): boolean {
    return this.used === this.#size;
  }

  /** Indices of the oldest place in use and of the next to be taken, free-running: for the
   *  checkpoint. */
  get head(): number {
    return this.#head;
  }
  get tail(): number {
    return this.#tail;
  }

  /** How many of the oldest places are settled and not sent on: for fsck.ts. */
  get settled(): number {
    return (this.#held - this.#head) | 0;
  }

  /** Takes the next place, as a word offset of scheduler memory. The window must not be full. */
  take(_word0: number): number {
    const place = this.#offset(this.#tail);
    this.#tail = (this.#tail + 1) | 0;
    this.#m[place + WINDOW.STATE] = PLACE.HELD;
    return place;
  }

  /** Takes the next `count` places, for which there must be room. Returns the index of the first; whoever
   *  has it marks the places as held. */
  reserve(count: number): number {
    const first = this.#tail;
    this.#tail = (first + count) | 0;
    return first;
  }

  /** Places that can be taken. */
  get room(): number {
    return this.#size - this.used;
  }

  /** Fills a place with an event; false when an older place is not settled yet. */
  fill(place: number, source: Int32Array, from: number, word1: number, sequence: number): boolean {
    const m = this.#m;
    m[place] = source[from]!;
    m[place + 1] = word1;
    m[place + 2] = source[from + 2]!;
    m[place + 3] = source[from + 3]!;
    m[place + ENTRY_SEQUENCE] = sequence;
    m[place + WINDOW.STATE] = PLACE.EVENT;
    return this.#settle(place);
  }

  /** Gives a place up; false when an older place is not settled yet. */
  giveUp(place: number): boolean {
    this.#m[place + WINDOW.STATE] = PLACE.GAP;
    return this.#settle(place);
  }

  /** Removes the oldest places as far as they were given up. */
  dropGaps(): void {
    const m = this.#m;
    let head = this.#head;
    while (head !== this.#held && m[this.#offset(head) + WINDOW.STATE]! === PLACE.GAP) {
      head = (head + 1) | 0;
    }
    this.#head = head;
  }

  /** Removes the oldest place if it is settled: its offset, or -1. The words stay valid until the
   *  window goes round; the state tells EVENT from GAP. */
  next(): number {
    if (this.#head === this.#held) return -1;
    const place = this.#offset(this.#head);
    this.#head = (this.#head + 1) | 0;
    return place;
  }

  /** Calls `see` with the offset of every place in use, oldest first. */
  each(see: (place: number) => void): void {
    for (let i = 0; i < this.used; i++) see(this.#offset((this.#head + i) | 0));
  }

  /** Forgets all places. */
  reset(): void {
    this.#head = this.#tail;
    this.#held = this.#tail;
  }

  /** Moves on over what is settled. */
  #settle(place: number): boolean {
    if (place !== this.#offset(this.#held)) return false;
    const m = this.#m;
    const tail = this.#tail;
    let held = this.#held;
    do held = (held + 1) | 0;
    while (held !== tail && m[this.#offset(held) + WINDOW.STATE]! !== PLACE.HELD);
    this.#held = held;
    return true;
  }

  #offset(index: number): number {
    return this.at + (index & this.mask) * WINDOW_WORDS;
  }
}
