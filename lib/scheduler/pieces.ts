/**
 * Pieces of events that are still held: what FRAGMENT enqueued, until the event is completed or renewed.
 *
 * Runs on: the scheduler. Writes: piece nodes of scheduler memory.
 * The owner, a history entry or a place of a window, keeps one word: its newest piece, or -1. The
 * pieces form a ring from there, so the oldest is one step away. A node that was given back is used
 * again only after the next checkpoint: until then a recovery may need it.
 */
import { ENTRY_SEQUENCE, freeLink, PIECE, PIECE_WORDS } from '../memory/scheduler-layout.js';

const NONE = -1;

export class Pieces {
  /** Pieces held. */
  held = 0;
  readonly #m: Int32Array;
  readonly #at: number;
  readonly #nodes: number;
  #free = NONE;
  /** Nodes given back since the last checkpoint, linked by COUNT. */
  #gone = NONE;
  /** Nodes that were ever used. */
  #fresh = 0;

  constructor(m: Int32Array, at: number, nodes: number) {
    this.#m = m;
    this.#at = at;
    this.#nodes = nodes;
  }

  /** Adds the event at `from` of `source` to the pieces at `owner`, whose event has this place in a window
   *  or -1. There has to be a node left. */
  append(
    owner: number,
    source: Int32Array,
    from: number,
    word1: number,
    sequence: number,
    place: number,
  ): void {
    const m = this.#m;
    const node = this.#open();
    m[node] = source[from]!;
    m[node + 1] = word1;
    m[node + 2] = source[from + 2]!;
    m[node + 3] = source[from + 3]!;
    m[node + ENTRY_SEQUENCE] = sequence;
    const newest = m[owner]!;
    m[node + PIECE.COUNT] = newest === NONE ? 1 : m[newest + PIECE.COUNT]! + 1;
    m[node + PIECE.PLACE] = place;
    // Last: from here on the node is one in use.
    m[node + PIECE.NEXT] = newest === NONE ? node : m[newest + PIECE.NEXT]!;
    if (newest !== NONE) m[newest + PIECE.NEXT] = node;
    m[owner] = node;
    this.held++;
  }

  /** How many pieces the owner has. */
  count(owner: number): number {
    const newest = this.#m[owner]!;
    return newest === NONE ? 0 : this.#m[newest + PIECE.COUNT]!;
  }

  /** Removes the oldest piece: its offset, or -1. Its words stay valid until the next one comes. */
  shift(owner: number): number {
    const m = this.#m;
    const newest = m[owner]!;
    if (newest === NONE) return NONE;
    const node = m[newest + PIECE.NEXT]!;
    if (node === newest) m[owner] = NONE;
    else m[newest + PIECE.NEXT] = m[node + PIECE.NEXT]!;
    m[node + PIECE.COUNT] = this.#gone;
    this.#gone = node;
    this.held--;
    return node;
  }

  /** Moves the pieces of an owner behind those of another. */
  move(owner: number, to: number): void {
    const m = this.#m;
    const moved = m[owner]!;
    if (moved === NONE) return;
    const newest = m[to]!;
    if (newest !== NONE) {
      const oldest = m[newest + PIECE.NEXT]!;
      m[newest + PIECE.NEXT] = m[moved + PIECE.NEXT]!;
      m[moved + PIECE.NEXT] = oldest;
      m[moved + PIECE.COUNT] = m[moved + PIECE.COUNT]! + m[newest + PIECE.COUNT]!;
    }
    m[to] = moved;
    m[owner] = NONE;
  }

  /** Forgets all pieces; the words of their owners are not its own. */
  reset(): void {
    for (let i = 0; i < this.#fresh; i++) this.#m[this.#at + i * PIECE_WORDS + PIECE.NEXT] = 0;
    this.held = 0;
    this.#free = NONE;
    this.#gone = NONE;
    this.#fresh = 0;
  }

  /** A checkpoint was made: what was given back may be used again. */
  settle(): void {
    const m = this.#m;
    while (this.#gone !== NONE) {
      const node = this.#gone;
      this.#gone = m[node + PIECE.COUNT]!;
      m[node + PIECE.NEXT] = freeLink(this.#free);
      this.#free = node;
    }
  }

  /** Calls `see` with the offset of every piece of the owner, oldest first. */
  each(owner: number, see: (node: number) => void): void {
    const m = this.#m;
    const newest = m[owner]!;
    if (newest === NONE) return;
    let node = newest;
    do {
      node = m[node + PIECE.NEXT]!;
      see(node);
    } while (node !== newest);
  }

  /** First free node, and how many were ever used: for fsck.ts. */
  get pool(): { free: number; nodes: number } {
    this.settle();
    return { free: this.#free, nodes: this.#fresh };
  }

  #open(): number {
    // Where no checkpoints are made, or more were discarded since the last one than there can be.
    if (this.#free === NONE && this.#fresh === this.#nodes) this.settle();
    const node = this.#free;
    if (node === NONE) return this.#at + this.#fresh++ * PIECE_WORDS;
    this.#free = freeLink(this.#m[node + PIECE.NEXT]!);
    return node;
  }
}
