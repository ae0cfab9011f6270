/**
 * A pack's place in shared memory: a header, and two rooms of which one holds the pack.
 *
 *   words 0, 1    common    SESSION, HOME: written when the pack is made, then never
 *   words 4..7    half 0    COUNT STAMP PLAIN PLAIN_LENGTH
 *   words 8..11   half 1    the same
 *   bytes 128..   room 0, then room 1: two masks, entries of the items, content
 *
 *   mask          a bit for each item: set when it is done and gone, the others are to be worked on
 *   entry         ROOT FLOW KIND OFFSET LENGTH MARK COUNTS, and START and WEIGHT where items may become several
 *
 * Whoever holds the event owns the cell, and handing over the event hands over the bytes: all
 * accesses are plain. A stage reads the items from one half and writes its results into the other, or into other
 * cells; the event says which half and which mask count. So a worker that dies has changed nothing of what it was
 * given, and the event can be delivered again as it is.
 *
 * MARK says how far a call has come, for whoever finds the event after its thread died; beside it in the
 * word are the call's stage, since an item may go on in the half where it is, and the thread's number.
 */
export const HEADER_BYTES = 128;
/** Most items of a pack: a mask has so many bits. */
export const ITEMS_MAX = 256;

// Common words.
const SESSION = 0;
const HOME = 1;
// Words of a half, from HALF_AT on.
const HALF_AT = 4;
const HALF_WORDS = 4;
const COUNT = 0;
const STAMP = 1;
const PLAIN = 2;
const PLAIN_LENGTH = 3;

/** Words of an entry. */
export const ENTRY = {
  ROOT: 0,
  FLOW: 1,
  KIND: 2,
  OFFSET: 3,
  LENGTH: 4,
  MARK: 5,
  COUNTS: 6,
  START: 8,
  WEIGHT: 10,
} as const;
const ENTRY_WORDS = 8;
const ENTRY_WORDS_WITH_PARTS = 12;
/** Words of a mask. */
function maskWords(count: number): number {
  return (count + 31) >> 5;
}
/** Words before the entries of so many items: both masks. */
export function entriesFrom(count: number): number {
  return 2 * maskWords(count);
}
/** Words of an entry; `hasParts`: items may become several. */
export function entryWords(hasParts: boolean): number {
  return hasParts ? ENTRY_WORDS_WITH_PARTS : ENTRY_WORDS;
}

// Bits of COUNTS.
const KILLS_MASK = 0xff;
const RETRIES_SHIFT = 8;
const RETRIES_MASK = 0x7ff;
const TRIES_SHIFT = 19;

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
/** Nothing is to be freed with the cell: it is large. */
export const NO_HOME = -1;

/** Bytes of a cell whose rooms have `room` bytes each, a multiple of 64. */
export function cellBytes(room: number): number {
  return HEADER_BYTES + 2 * room;
}

const NOTHING_SHARED: readonly SharedArrayBuffer[] = [];
/** All memory that has cells, as this thread sees it. */
const memories = new WeakSet<object>();

/** Whether cells lie in this memory: it is no user's, and its content changes. */
export function isOfCell(memory: object): boolean {
  return memories.has(memory);
}

/** One thread's view of one cell. Items are named by their number in the pack. */
export class Cell {
  /** What the event's payload carries. */
  readonly id: number;
  /** Memory of its own, announced to all threads; not one of the domain's buffers. */
  readonly isLarge: boolean;
  /** Bytes of one half. */
  readonly room: number;
  readonly rooms: readonly [Buffer, Buffer];
  readonly words: Int32Array;
  /** Words of an entry. */
  readonly stride: number;
  /** The half that holds the pack. */
  half = 0;
  /** Memory that the items in it share with others; only of a large cell. */
  shared: readonly SharedArrayBuffer[] = NOTHING_SHARED;
  readonly #doubles: Float64Array;
  /** Word at which the room of each half begins. */
  readonly #roomWords: readonly [number, number];
  /** Of the pack in the half that was selected: the words where its entries and the mask that counts begin. */
  #entries = 0;
  #mask = 0;
  /** Which mask counts. */
  #maskBit = 0;
  /** Views handed out last, of the first items of each half: items of one length share them. */
  readonly #views: [(Buffer | undefined)[], (Buffer | undefined)[]] = [[], []];

  constructor(
    id: number,
    isLarge: boolean,
    memory: SharedArrayBuffer,
    at: number,
    room: number,
    stride: number,
  ) {
    this.id = id;
    this.isLarge = isLarge;
    this.room = room;
    this.stride = stride;
    memories.add(memory);
    this.words = new Int32Array(memory, at, cellBytes(room) / 4);
    this.#doubles = new Float64Array(memory, at, cellBytes(room) / 8);
    const first = at + HEADER_BYTES;
    this.rooms = [Buffer.from(memory, first, room), Buffer.from(memory, first + room, room)];
    this.#roomWords = [HEADER_BYTES / 4, (HEADER_BYTES + room) / 4];
  }

  /** The event says where its pack is. */
  select(half: number, mask: number): void {
    this.half = half;
    this.#maskBit = mask;
    const room = this.#roomWords[half]!;
    const words = maskWords(this.count);
    this.#mask = room + mask * words;
    this.#entries = room + 2 * words;
  }

  /** Index of the word on the board that says whether the items are still wanted. */
  get session(): number {
    return this.words[SESSION]!;
  }
  /** Handle of a buffer that is to be freed when the pack has come out, or NO_HOME. */
  get home(): number {
    return this.words[HOME]!;
  }
  /** Items of the pack, those that are gone included. */
  get count(): number {
    return this.words[HALF_AT + this.half * HALF_WORDS + COUNT]!;
  }
  get stamp(): number {
    return this.words[HALF_AT + this.half * HALF_WORDS + STAMP]!;
  }

  /** Index of the item that was pushed, in the main thread's table. */
  root(i: number): number {
    return this.words[this.#at(i) + ENTRY.ROOT]!;
  }
  flow(i: number): number {
    return this.words[this.#at(i) + ENTRY.FLOW]!;
  }
  kind(i: number): number {
    return this.words[this.#at(i) + ENTRY.KIND]!;
  }
  /** Of a plain item, its index in the pack's array. */
  offset(i: number): number {
    return this.words[this.#at(i) + ENTRY.OFFSET]!;
  }
  /** Bytes of its content; of a plain item, nearly. */
  length(i: number): number {
    return this.words[this.#at(i) + ENTRY.LENGTH]!;
  }
  /** Kills, retries and tries, for another entry of the item. */
  counts(i: number): number {
    return this.words[this.#at(i) + ENTRY.COUNTS]!;
  }
  /** One of MARKS. */
  mark(i: number): number {
    return this.words[this.#at(i) + ENTRY.MARK]! & MARK_MASK;
  }
  /** Stage and thread of the call that the mark is about. */
  markedStage(i: number): number {
    return (this.words[this.#at(i) + ENTRY.MARK]! >>> STAGE_SHIFT) & STAGE_MASK;
  }
  markedThread(i: number): number {
    return this.words[this.#at(i) + ENTRY.MARK]! >>> THREAD_SHIFT;
  }
  /** @param caller see `callerOf`. */
  setMark(i: number, mark: number, caller: number): void {
    this.words[this.#at(i) + ENTRY.MARK] = mark | caller;
  }
  /** Threads that ended with this item in hand. */
  kills(i: number): number {
    return this.words[this.#at(i) + ENTRY.COUNTS]! & KILLS_MASK;
  }
  /** Tries that followed a failed one. */
  retries(i: number): number {
    return (this.words[this.#at(i) + ENTRY.COUNTS]! >>> RETRIES_SHIFT) & RETRIES_MASK;
  }
  /** Tries before this one, those that ended their thread included. */
  tries(i: number): number {
    return this.words[this.#at(i) + ENTRY.COUNTS]! >>> TRIES_SHIFT;
  }
  countKill(i: number): void {
    this.words[this.#at(i) + ENTRY.COUNTS]! += 1;
  }
  countRetry(i: number): void {
    this.words[this.#at(i) + ENTRY.COUNTS]! += 1 << RETRIES_SHIFT;
  }
  countTry(i: number): void {
    this.words[this.#at(i) + ENTRY.COUNTS]! += 1 << TRIES_SHIFT;
  }
  /** The calls so far were another stage's. */
  forgetCalls(i: number): void {
    const at = this.#at(i);
    this.words[at + ENTRY.MARK] = MARKS.NOT_BEGUN;
    this.words[at + ENTRY.COUNTS] = 0;
  }

  /** The item's part of the root's whole: from `start`, `weight` long. */
  start(i: number): number {
    return this.#doubles[(this.#at(i) + ENTRY.START) >> 1]!;
  }
  weight(i: number): number {
    return this.#doubles[(this.#at(i) + ENTRY.WEIGHT) >> 1]!;
  }

  /** Whether the item has gone on already, by the mask that counts. */
  isGone(i: number): boolean {
    return (this.words[this.#mask + (i >> 5)]! & (1 << (i & 31))) !== 0;
  }

  /** Writes it, into the entry at a word. */
  place(entry: number, start: number, weight: number): void {
    this.#doubles[(entry + ENTRY.START) >> 1] = start;
    this.#doubles[(entry + ENTRY.WEIGHT) >> 1] = weight;
  }

  /** What is written of an item that is not plain. */
  content(i: number): Buffer {
    const at = this.#at(i);
    const { half } = this;
    const from = this.words[at + ENTRY.OFFSET]!;
    const length = this.words[at + ENTRY.LENGTH]!;
    const room = this.rooms[half]!;
    const known = this.#views[half]![i];
    if (
      known !== undefined &&
      known.length === length &&
      known.byteOffset === room.byteOffset + from
    )
      return known;
    const view = room.subarray(from, from + length);
    if (i < VIEWS_KEPT) this.#views[half]![i] = view;
    return view;
  }

  /** The content of an item whose kind is text, as UTF-8: without a view, which costs as much as the text. */
  text(i: number): string {
    const at = this.#at(i);
    const from = this.words[at + ENTRY.OFFSET]!;
    return this.rooms[this.half]!.toString('utf8', from, from + this.words[at + ENTRY.LENGTH]!);
  }

  /** The array of all plain items, as it is written; undefined when there are none. */
  get plain(): Buffer | undefined {
    const at = HALF_AT + this.half * HALF_WORDS;
    const length = this.words[at + PLAIN_LENGTH]!;
    if (length === 0) return undefined;
    const from = this.words[at + PLAIN]!;
    return this.rooms[this.half]!.subarray(from, from + length);
  }

  /** Word at which the room of a half begins. */
  roomWord(half: number): number {
    return this.#roomWords[half]!;
  }

  /** Reads a word of each part that a pack in this half has. */
  touch(half: number): number {
    return this.words[HALF_AT + half * HALF_WORDS]! + this.words[this.#roomWords[half]!]!;
  }

  /** A new pack of this session. */
  begin(session: number, home: number): void {
    this.words[SESSION] = session;
    this.words[HOME] = home;
  }

  /** The items of a pack are written in the room of `half`: none of them is gone, by mask 0. */
  fill(half: number, count: number, stamp: number, plain: number, plainLength: number): void {
    const { words } = this;
    const at = HALF_AT + half * HALF_WORDS;
    words[at + COUNT] = count;
    words[at + STAMP] = stamp;
    words[at + PLAIN] = plain;
    words[at + PLAIN_LENGTH] = plainLength;
    const room = this.#roomWords[half]!;
    for (let w = 0; w < maskWords(count); w++) words[room + w] = 0;
  }

  /** Writes the mask that does not count, and returns which it is. */
  writeOtherMask(isGone: (i: number) => boolean): number {
    const { words, count } = this;
    const other = this.#maskBit ^ 1;
    const at = this.#roomWords[this.half]! + other * maskWords(count);
    for (let w = 0; w < maskWords(count); w++) words[at + w] = 0;
    for (let i = 0; i < count; i++) if (isGone(i)) words[at + (i >> 5)]! |= 1 << (i & 31);
    return other;
  }

  #at(i: number): number {
    return this.#entries + i * this.stride;
  }
}

/** Views of more items of a pack would be kept for long, and seldom be used again. */
const VIEWS_KEPT = 16;
