/**
 * Where accepted events wait: per lane and level a list of chunks, all from one pool.
 *
 * Runs on:   the scheduler. Writes: lists and chunks of scheduler memory.
 * Algorithm: chunked queues as in event_sw's `iq_chunk.h` (DPDK commit dca926ca9f): a queue may
 *            hold all events, without fixed storage per queue. A list that runs empty keeps its
 *            chunk and starts it anew, so that a busy level stays in the same cache lines.
 *
 * Appends in a row mostly go to one list: its end is kept in fields, and written back when another
 * list's turn comes, somebody reads, or a checkpoint is made. Reading goes by runs of consecutive
 * entries.
 */
import { OP_MASK, QE_WORDS, RUN_MASK } from '../eventdev/event.js';
import { assert } from '../memory/assert.js';
import type { RingConsumer } from '../ring/consumer.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import {
  CHUNK_ENTRIES,
  CHUNK_WORDS,
  ENTRY_SEQUENCE,
  ENTRY_WORDS,
  LIST,
  LIST_PLACE,
  LIST_SHIFT,
  LIST_WORDS,
} from '../memory/scheduler-layout.js';

const NONE = -1;

export class QueueStorage {
  /** End of the run that `run` returned last. */
  runEnd = 0;
  readonly #m: Int32Array;
  readonly #lists: number;
  readonly #chunks: number;
  readonly #chunkNext: number;
  /** First free chunk. */
  #free = NONE;
  /** The list appended to last, where its next entry goes, and the end of that chunk. */
  #openList = NONE;
  #openAt = 0;
  #openEnd = 0;
  readonly #chunkCount: number;

  constructor(m: Int32Array, layout: SchedulerLayout) {
    this.#m = m;
    this.#lists = layout.lists;
    this.#chunks = layout.chunks;
    this.#chunkNext = layout.chunkNext;
    this.#chunkCount = layout.chunkCount;
    this.reset();
  }

  /** Forgets all entries. */
  reset(): void {
    const m = this.#m;
    this.#free = NONE;
    this.#openList = NONE;
    for (let chunk = this.#chunkCount - 1; chunk >= 0; chunk--) this.#giveBack(chunk);
    for (let at = this.#lists; at < this.#chunks; at += LIST_WORDS) {
      m[at + LIST.HEAD] = NONE;
      m[at + LIST.TAIL] = NONE;
      m[at + LIST.CHUNKS] = 0;
    }
  }

  /** Appends the event at `from` of `source` to list `lane * LEVELS + level`. */
  append(list: number, source: Int32Array, from: number, word1: number, sequence: number): void {
    if (list !== this.#openList || this.#openAt === this.#openEnd) this.#open(list);
    const m = this.#m;
    const to = this.#openAt;
    m[to] = source[from]!;
    m[to + 1] = word1;
    m[to + 2] = source[from + 2]!;
    m[to + 3] = source[from + 3]!;
    m[to + ENTRY_SEQUENCE] = sequence;
    this.#openAt = to + ENTRY_WORDS;
  }

  /**
   * Appends events of a ring, from index `first` on: `most` of them, or as many as have this second
   * word but for implOpaque. Their sequences follow each other. Returns how many; 0 only if the ring's
   * producer changes what it has published.
   */
  appendRun(
    list: number,
    ring: RingConsumer,
    first: number,
    most: number,
    word1: number,
    sequence: number,
  ): number {
    const { words, slots, mask } = ring;
    let done = 0;
    while (done < most) {
      if (list !== this.#openList || this.#openAt === this.#openEnd) this.#open(list);
      const place = (first + done) & mask;
      // As far as the chunk and the ring go without a turn.
      let part = ((this.#openEnd - this.#openAt) / ENTRY_WORDS) | 0;
      if (part > most - done) part = most - done;
      if (part > mask + 1 - place) part = mask + 1 - place;
      const from = slots + place * QE_WORDS;
      const copied = copyRun(this.#m, this.#openAt, words, from, part, word1, sequence + done);
      this.#openAt += copied * ENTRY_WORDS;
      done += copied;
      if (copied < part) break;
    }
    return done;
  }

  /** The oldest entries of a list that follow each other in memory: the offset of the first, or
   *  -1; they end before `runEnd`. */
  run(list: number): number {
    if (list === this.#openList) this.seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const head = m[at + LIST.HEAD]!;
    if (head === NONE) return NONE;
    const tail = m[at + LIST.TAIL]!;
    const chunk = head >>> LIST_SHIFT;
    const begin = this.#chunks + chunk * CHUNK_WORDS;
    const places = chunk === tail >>> LIST_SHIFT ? tail & LIST_PLACE : CHUNK_ENTRIES;
    const first = begin + (head & LIST_PLACE) * ENTRY_WORDS;
    this.runEnd = begin + places * ENTRY_WORDS;
    return first === this.runEnd ? NONE : first;
  }

  /** Removes the entries of the list's run before `end`. Their words stay valid until the next
   *  append. */
  drop(list: number, end: number): void {
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const head = m[at + LIST.HEAD]!;
    const tail = m[at + LIST.TAIL]!;
    const chunk = head >>> LIST_SHIFT;
    const begin = chunk << LIST_SHIFT;
    const place = ((end - this.#chunks - chunk * CHUNK_WORDS) / ENTRY_WORDS) | 0;
    if (chunk === tail >>> LIST_SHIFT) {
      if (begin + place !== tail) m[at + LIST.HEAD] = begin + place;
      else {
        // The tail first: in between the list ends before it begins, which is empty as well.
        m[at + LIST.TAIL] = begin;
        m[at + LIST.HEAD] = begin;
      }
    } else if (place === CHUNK_ENTRIES) {
      m[at + LIST.HEAD] = m[this.#chunkNext + chunk]! << LIST_SHIFT;
      m[at + LIST.CHUNKS] = m[at + LIST.CHUNKS]! - 1;
      this.#giveBack(chunk);
    } else {
      m[at + LIST.HEAD] = begin + place;
    }
  }

  isEmpty(list: number): boolean {
    if (list === this.#openList) this.seal();
    const at = this.#lists + list * LIST_WORDS;
    return this.#m[at + LIST.HEAD]! === this.#m[at + LIST.TAIL]!;
  }

  /** How many entries a list has. */
  count(list: number): number {
    if (list === this.#openList) this.seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const chunks = m[at + LIST.CHUNKS]!;
    if (chunks === 0) return 0;
    const places = (m[at + LIST.TAIL]! & LIST_PLACE) - (m[at + LIST.HEAD]! & LIST_PLACE);
    return (chunks - 1) * CHUNK_ENTRIES + places;
  }

  /** Calls `see` with the offset of every entry, oldest first. */
  each(list: number, see: (entry: number) => void): void {
    if (list === this.#openList) this.seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    eachEntry(m, this.#chunks, this.#chunkNext, this.#chunkCount, at, see);
  }

  /** First free chunk, -1 for none: for fsck.ts. Writes the end of the open list back. */
  get freeChunk(): number {
    this.seal();
    return this.#free;
  }

  /** Makes this the list that is appended to, with room for one entry at least. */
  #open(list: number): void {
    this.seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const last = m[at + LIST.TAIL]!;
    if (last === NONE || (last & LIST_PLACE) === CHUNK_ENTRIES) this.#grow(at);
    const tail = m[at + LIST.TAIL]!;
    const begin = this.#chunks + (tail >>> LIST_SHIFT) * CHUNK_WORDS;
    this.#openList = list;
    this.#openAt = begin + (tail & LIST_PLACE) * ENTRY_WORDS;
    this.#openEnd = begin + CHUNK_WORDS;
  }

  /** Writes the end of the open list back: then memory has all that was appended. */
  seal(): void {
    if (this.#openList === NONE) return;
    const at = this.#lists + this.#openList * LIST_WORDS + LIST.TAIL;
    const begin = this.#openEnd - CHUNK_WORDS;
    const place = (this.#openAt - begin) / ENTRY_WORDS;
    this.#m[at] = (this.#m[at]! & ~LIST_PLACE) | place;
    this.#openList = NONE;
  }

  #grow(at: number): void {
    const m = this.#m;
    const chunk = this.#free;
    assert(chunk !== NONE, 'the chunk pool is sized for all events');
    this.#free = m[this.#chunkNext + chunk]!;
    const tail = m[at + LIST.TAIL]!;
    if (tail === NONE) m[at + LIST.HEAD] = chunk << LIST_SHIFT;
    else m[this.#chunkNext + (tail >>> LIST_SHIFT)] = chunk;
    m[at + LIST.TAIL] = chunk << LIST_SHIFT;
    m[at + LIST.CHUNKS] = m[at + LIST.CHUNKS]! + 1;
  }

  #giveBack(chunk: number): void {
    this.#m[this.#chunkNext + chunk] = this.#free;
    this.#free = chunk;
  }
}

/** Calls `see` with the offset of every entry of the list at `at`, oldest first: as far as memory has it,
 *  and whatever a scheduler that died left of it. */
export function eachEntry(
  m: Int32Array,
  chunks: number,
  chunkNext: number,
  chunkCount: number,
  at: number,
  see: (entry: number) => void,
): void {
  const head = m[at + LIST.HEAD]!;
  const tail = m[at + LIST.TAIL]!;
  if (head === NONE || tail === NONE) return;
  const last = tail >>> LIST_SHIFT;
  let chunk = head >>> LIST_SHIFT;
  let place = head & LIST_PLACE;
  for (let steps = 0; steps < chunkCount; steps++) {
    const places = chunk === last ? tail & LIST_PLACE : CHUNK_ENTRIES;
    const begin = chunks + chunk * CHUNK_WORDS;
    for (; place < places; place++) see(begin + place * ENTRY_WORDS);
    if (chunk === last) return;
    chunk = m[chunkNext + chunk]!;
    place = 0;
  }
}

/** Copies up to `count` events of a ring to a chunk, while their second word is that of the run.
 *  Returns how many. */
function copyRun(
  m: Int32Array,
  to: number,
  words: Int32Array,
  from: number,
  count: number,
  word1: number,
  sequence: number,
): number {
  const stored = word1 & ~OP_MASK;
  for (let i = 0; i < count; i++, from += QE_WORDS, to += ENTRY_WORDS) {
    if (((words[from + 1]! ^ word1) & RUN_MASK) !== 0) return i;
    m[to] = words[from]!;
    m[to + 1] = stored;
    m[to + 2] = words[from + 2]!;
    m[to + 3] = words[from + 3]!;
    m[to + ENTRY_SEQUENCE] = (sequence + i) | 0;
  }
  return count;
}
