/**
 * The reorder window of an ordered lane whose order is kept per flow: one slow event holds back no
 * other flow (`scope: 'flow'`).
 *
 * Runs on: the scheduler. Writes: the window's places and the flows' chains of scheduler memory.
 * All flows share the places. A flow's places form a chain in the order in which its events left
 * the queue; what is settled at its head moves on to the end of the `ready` chain. Flows that fold
 * into the same slot are ordered together.
 */
import { ENTRY_SEQUENCE, PLACE, WINDOW, WINDOW_WORDS } from '../memory/scheduler-layout.js';
import { foldFlow } from './flow-table.js';

const NONE = -1;

export class FlowWindow {
  readonly #m: Int32Array;
  readonly #at: number;
  readonly #size: number;
  /** [slot] * 2: first and last place of the flow. */
  readonly #chains: number;
  readonly #flows: number;
  #used = 0;
  #free = NONE;
  /** Places that were ever used. */
  #fresh = 0;
  #readyHead = NONE;
  #readyTail = NONE;
  /** Places that `next` gave out and that are not free yet. */
  #gone = NONE;
  /** Counts the places taken. */
  #ticket = 0;

  constructor(m: Int32Array, at: number, size: number, chains: number, flows: number) {
    this.#m = m;
    this.#at = at;
    this.#size = size;
    this.#chains = chains;
    this.#flows = flows;
    this.reset();
  }

  get full(): boolean {
    return this.#used === this.#size;
  }

  get used(): number {
    return this.#used;
  }

  /** First place that may go, first free place, and how many were ever used: for fsck.ts. */
  get chains(): { ready: number; free: number; places: number } {
    return { ready: this.#readyHead, free: this.#free, places: this.#fresh };
  }

  /** Places that can be taken. */
  get room(): number {
    return this.#size - this.#used;
  }

  /** Takes a place, the last one of the event's flow: a word offset of scheduler memory. The window
   *  must not be full. */
  take(word0: number): number {
    const m = this.#m;
    const place = this.#open();
    const slot = foldFlow(word0, this.#flows - 1);
    const chain = this.#chains + slot * 2;
    m[place + WINDOW.STATE] = PLACE.HELD;
    m[place + WINDOW.TICKET] = this.#ticket;
    this.#ticket = (this.#ticket + 1) | 0;
    m[place + WINDOW.SLOT] = slot;
    m[place + WINDOW.NEXT] = NONE;
    if (m[chain]! === NONE) m[chain] = place;
    else m[m[chain + 1]! + WINDOW.NEXT] = place;
    m[chain + 1] = place;
    this.#used++;
    return place;
  }

  /** Fills a place with an event; false when an older place of its flow is not settled yet. */
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

  /** Gives a place up; false when an older place of its flow is not settled yet. */
  giveUp(place: number): boolean {
    this.#m[place + WINDOW.STATE] = PLACE.GAP;
    return this.#settle(place);
  }

  /** Removes the oldest place that may go: its offset, or -1. The words stay valid until `letGo`; the
   *  state tells EVENT from GAP. */
  next(): number {
    const m = this.#m;
    const place = this.#readyHead;
    if (place === NONE) return NONE;
    this.#readyHead = m[place + WINDOW.NEXT]!;
    m[place + WINDOW.NEXT] = this.#gone;
    this.#gone = place;
    return place;
  }

  /** Frees the places that `next` gave out: what was in them is elsewhere. */
  letGo(): void {
    const m = this.#m;
    while (this.#gone !== NONE) {
      const place = this.#gone;
      this.#gone = m[place + WINDOW.NEXT]!;
      m[place + WINDOW.NEXT] = this.#free;
      m[place + WINDOW.SLOT] = NONE;
      this.#free = place;
      this.#used--;
    }
  }

  /** Calls `see` with the offset of every place in use. */
  each(see: (place: number) => void): void {
    for (let i = 0; i < this.#fresh; i++) {
      const place = this.#at + i * WINDOW_WORDS;
      if (this.#m[place + WINDOW.SLOT]! !== NONE) see(place);
    }
  }

  /** Forgets all places. */
  reset(): void {
    this.#m.fill(NONE, this.#chains, this.#chains + this.#flows * 2);
    for (let i = 0; i < this.#fresh; i++) this.#m[this.#at + i * WINDOW_WORDS + WINDOW.SLOT] = NONE;
    this.#used = 0;
    this.#free = NONE;
    this.#fresh = 0;
    this.#readyHead = NONE;
    this.#readyTail = NONE;
  }

  #open(): number {
    const place = this.#free;
    if (place === NONE) return this.#at + this.#fresh++ * WINDOW_WORDS;
    this.#free = this.#m[place + WINDOW.NEXT]!;
    return place;
  }

  /** Moves what is settled at the head of the flow's chain on. */
  #settle(place: number): boolean {
    const m = this.#m;
    const chain = this.#chains + m[place + WINDOW.SLOT]! * 2;
    if (m[chain]! !== place) return false;
    let next = place;
    while (next !== NONE && m[next + WINDOW.STATE]! !== PLACE.HELD) {
      const ready = next;
      next = m[ready + WINDOW.NEXT]!;
      m[ready + WINDOW.NEXT] = NONE;
      if (this.#readyHead === NONE) this.#readyHead = ready;
      else m[this.#readyTail + WINDOW.NEXT] = ready;
      this.#readyTail = ready;
    }
    m[chain] = next;
    return true;
  }
}
