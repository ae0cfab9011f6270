/**
 * An item's place in shared memory: a header, and two rooms of which one holds the item.
 *
 *   words 0..7    common    ROOT, SESSION, HOME: written when the item is made, then never
 *   words 8..19   half 0    KIND LENGTH STAMP MARK KILLS TRIES, START and WEIGHT, RETRIES
 *   words 20..31  half 1    the same
 *   bytes 128..   room 0, then room 1
 *
 * Whoever holds the event owns the cell, and handing over the event hands over the bytes: all
 * accesses are plain. A stage reads the item from one half and writes its result into the other; the
 * event says which half holds the item. So a worker that dies has changed nothing of what it was
 * given, and the event can be delivered again as it is.
 *
 * MARK says how far a call has come, for whoever finds the event after its thread died; beside it in the
 * word are the call's stage, since an item may go on in the half where it is, and the thread's number.
 */
export const HEADER_BYTES = 128;

// Common words.
const ROOT = 0;
const SESSION = 1;
const HOME = 2;
// Words of a half, from HALF_AT on.
const HALF_AT = 8;
const HALF_WORDS = 12;
const KIND = 0;
const LENGTH = 1;
const STAMP = 2;
const MARK = 3;
const KILLS = 4;
const TRIES = 5;
const START = 6;
const WEIGHT = 8;
const RETRIES = 10;

export const MARKS = {
  NOT_BEGUN: 0,
  /** Begun, and not to blame: the call is over, or another has ended the thread. */
  TRIED: 1,
  BESIDE_OTHERS: 2,
  /** Begun with nobody else to blame. */
  ALONE: 3,
} as const;
const MARK_MASK = 3;
const STAGE_SHIFT = 2;
const STAGE_MASK = 0xff;
const THREAD_SHIFT = 10;
/** Numbers of threads that a mark tells apart. */
export const MARKED_THREADS = 2 ** (32 - THREAD_SHIFT);

/** What stands beside the marks of a thread's calls of a stage. */
export function callerOf(thread: number, stage: number): number {
  return (thread << THREAD_SHIFT) | (stage << STAGE_SHIFT);
}
/** Nothing is to be freed with the cell: it is the main thread's for good, or large. */
export const NO_HOME = -1;

/** Bytes of a cell whose rooms hold `bytes` each, a multiple of 64. */
export function cellBytes(bytes: number): number {
  return HEADER_BYTES + 2 * bytes;
}

const NOTHING_SHARED: readonly SharedArrayBuffer[] = [];
/** All memory that has cells, as this thread sees it. */
const memories = new WeakSet<object>();

/** Whether cells lie in this memory: it is no user's, and its content changes. */
export function isOfCell(memory: object): boolean {
  return memories.has(memory);
}

/** One thread's view of one cell. */
export class Cell {
  /** What the event's payload carries. */
  readonly id: number;
  /** Memory of its own, announced to all threads; not one of the domain's buffers. */
  readonly isLarge: boolean;
  /** Room of one half. */
  readonly bytes: number;
  readonly rooms: readonly [Buffer, Buffer];
  /** The half that holds the item. */
  half = 0;
  /** Memory that the items in it share with others; only of a large cell. */
  shared: readonly SharedArrayBuffer[] = NOTHING_SHARED;
  /** What a handler was given in the place of the bytes in it, in debug mode. */
  lent: Uint8Array | undefined;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #cuts: [Buffer, Buffer];

  constructor(id: number, isLarge: boolean, memory: SharedArrayBuffer, at: number, bytes: number) {
    this.id = id;
    this.isLarge = isLarge;
    this.bytes = bytes;
    memories.add(memory);
    this.#words = new Int32Array(memory, at, HEADER_BYTES / 4);
    this.#doubles = new Float64Array(memory, at, HEADER_BYTES / 8);
    const first = at + HEADER_BYTES;
    this.rooms = [Buffer.from(memory, first, bytes), Buffer.from(memory, first + bytes, bytes)];
    this.#cuts = [...this.rooms];
  }

  /** Index of the item that was pushed, in the main thread's table. */
  get root(): number {
    return this.#words[ROOT]!;
  }
  /** Index of the word on the board that says whether the item is still wanted. */
  get session(): number {
    return this.#words[SESSION]!;
  }
  /** Handle of a buffer that is to be freed when the item has come out, or NO_HOME. */
  get home(): number {
    return this.#words[HOME]!;
  }

  get kind(): number {
    return this.#words[this.#at(KIND)]!;
  }
  get length(): number {
    return this.#words[this.#at(LENGTH)]!;
  }
  get stamp(): number {
    return this.#words[this.#at(STAMP)]!;
  }
  /** One of MARKS. */
  get mark(): number {
    return this.#words[this.#at(MARK)]! & MARK_MASK;
  }
  /** Stage and thread of the call that the mark is about. */
  get markedStage(): number {
    return (this.#words[this.#at(MARK)]! >>> STAGE_SHIFT) & STAGE_MASK;
  }
  get markedThread(): number {
    return this.#words[this.#at(MARK)]! >>> THREAD_SHIFT;
  }
  /** @param caller see `callerOf`. */
  setMark(mark: number, caller: number): void {
    this.#words[this.#at(MARK)] = mark | caller;
  }
  /** Threads that ended with this item in hand. */
  get kills(): number {
    return this.#words[this.#at(KILLS)]!;
  }
  set kills(kills: number) {
    this.#words[this.#at(KILLS)] = kills;
  }
  /** Tries before this one, those that ended their thread included. */
  get tries(): number {
    return this.#words[this.#at(TRIES)]!;
  }
  set tries(tries: number) {
    this.#words[this.#at(TRIES)] = tries;
  }
  /** Tries that followed a failed one. */
  get retries(): number {
    return this.#words[this.#at(RETRIES)]!;
  }
  set retries(retries: number) {
    this.#words[this.#at(RETRIES)] = retries;
  }
  /** The item's part of the root's whole: from `start`, `weight` long. */
  get start(): number {
    return this.#doubles[this.#at(START) >> 1]!;
  }
  get weight(): number {
    return this.#doubles[this.#at(WEIGHT) >> 1]!;
  }

  /** What is written in the room with the item. Items of one length share one view. */
  get content(): Buffer {
    const { half, length } = this;
    const cut = this.#cuts[half]!;
    if (cut.length === length) return cut;
    return (this.#cuts[half] = this.rooms[half]!.subarray(0, length));
  }

  /** Reads a word of each part that an item in this half has. */
  touch(half: number): number {
    return this.#words[HALF_AT + half * HALF_WORDS]! + this.#words[ROOT]! + this.rooms[half]![0]!;
  }

  /** The room that does not hold the item: for the result. */
  get otherRoom(): Buffer {
    return this.rooms[this.half ^ 1]!;
  }

  /** A new item of a root. */
  begin(root: number, session: number, home: number): void {
    const words = this.#words;
    words[ROOT] = root;
    words[SESSION] = session;
    words[HOME] = home;
  }

  /** A new item is in the room of `half`; no call has begun. */
  fill(half: number, kind: number, length: number, stamp: number): void {
    const at = HALF_AT + half * HALF_WORDS;
    const words = this.#words;
    words[at + KIND] = kind;
    words[at + LENGTH] = length;
    words[at + STAMP] = stamp;
    this.#forgetCalls(at);
  }

  /** The item goes on in the half where it is. What is known of its calls stays until the next stage has it: it
   *  may have to be called once more by this one. */
  keep(stamp: number): void {
    this.#words[this.#at(STAMP)] = stamp;
  }

  /** The calls so far were another stage's. */
  forgetCalls(): void {
    this.#forgetCalls(HALF_AT + this.half * HALF_WORDS);
  }

  #forgetCalls(at: number): void {
    const words = this.#words;
    words[at + MARK] = MARKS.NOT_BEGUN;
    words[at + KILLS] = 0;
    words[at + TRIES] = 0;
    words[at + RETRIES] = 0;
  }

  /** Where a half's item lies in the root's whole. */
  place(half: number, start: number, weight: number): void {
    const at = (HALF_AT + half * HALF_WORDS) >> 1;
    this.#doubles[at + (START >> 1)] = start;
    this.#doubles[at + (WEIGHT >> 1)] = weight;
  }

  #at(word: number): number {
    return HALF_AT + this.half * HALF_WORDS + word;
  }
}
