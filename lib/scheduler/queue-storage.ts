/**
 * Where accepted events wait: per lane and level a list of chunks, all from one pool.
 *
 * Runs on:   the scheduler. Writes: lists and chunks of scheduler memory.
 * Algorithm: chunked queues as in event_sw's `iq_chunk.h` (DPDK commit dca926ca9f): a queue may
 *            hold all events, without fixed storage per queue. A list that runs empty keeps its
 *            chunk and starts it anew, so that a busy level stays in the same cache lines.
 *
 * Appends in a row mostly go to one list: its end is kept in fields, and written back when another
 * list's turn comes or somebody reads. Reading goes by runs of consecutive entries.
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

  constructor(m: Int32Array, layout: SchedulerLayout) {
    this.#m = m;
    this.#lists = layout.lists;
    this.#chunks = layout.chunks;
    this.#chunkNext = layout.chunkNext;
    for (let chunk = layout.chunkCount - 1; chunk >= 0; chunk--) this.#giveBack(chunk);
    for (let at = layout.lists; at < layout.chunks; at += LIST_WORDS) {
      m[at + LIST.HEAD_CHUNK] = NONE;
      m[at + LIST.TAIL_CHUNK] = NONE;
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
    if (list === this.#openList) this.#seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const chunk = m[at + LIST.HEAD_CHUNK]!;
    if (chunk === NONE) return NONE;
    const begin = this.#chunks + chunk * CHUNK_WORDS;
    const whole = chunk !== m[at + LIST.TAIL_CHUNK]!;
    const first = begin + m[at + LIST.HEAD_AT]! * ENTRY_WORDS;
    this.runEnd = begin + (whole ? CHUNK_ENTRIES : m[at + LIST.TAIL_AT]!) * ENTRY_WORDS;
    return first === this.runEnd ? NONE : first;
  }

  /** Removes the entries of the list's run before `end`. Their words stay valid until the next
   *  append. */
  drop(list: number, end: number): void {
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const chunk = m[at + LIST.HEAD_CHUNK]!;
    const place = ((end - this.#chunks - chunk * CHUNK_WORDS) / ENTRY_WORDS) | 0;
    if (chunk === m[at + LIST.TAIL_CHUNK]!) {
      const empty = place === m[at + LIST.TAIL_AT]!;
      m[at + LIST.HEAD_AT] = empty ? 0 : place;
      if (empty) m[at + LIST.TAIL_AT] = 0;
    } else if (place === CHUNK_ENTRIES) {
      m[at + LIST.HEAD_AT] = 0;
      m[at + LIST.HEAD_CHUNK] = m[this.#chunkNext + chunk]!;
      m[at + LIST.CHUNKS] = m[at + LIST.CHUNKS]! - 1;
      this.#giveBack(chunk);
    } else {
      m[at + LIST.HEAD_AT] = place;
    }
  }

  isEmpty(list: number): boolean {
    if (list === this.#openList) this.#seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const isLast = m[at + LIST.HEAD_CHUNK]! === m[at + LIST.TAIL_CHUNK]!;
    return isLast && m[at + LIST.HEAD_AT]! === m[at + LIST.TAIL_AT]!;
  }

  /** How many entries a list has. */
  count(list: number): number {
    if (list === this.#openList) this.#seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const chunks = m[at + LIST.CHUNKS]!;
    if (chunks === 0) return 0;
    return (chunks - 1) * CHUNK_ENTRIES + m[at + LIST.TAIL_AT]! - m[at + LIST.HEAD_AT]!;
  }

  /** Calls `see` with the offset of every entry, oldest first. */
  each(list: number, see: (entry: number) => void): void {
    if (list === this.#openList) this.#seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const last = m[at + LIST.TAIL_CHUNK]!;
    let chunk = m[at + LIST.HEAD_CHUNK]!;
    let place = m[at + LIST.HEAD_AT]!;
    while (chunk !== NONE) {
      const places = chunk === last ? m[at + LIST.TAIL_AT]! : CHUNK_ENTRIES;
      const begin = this.#chunks + chunk * CHUNK_WORDS;
      for (; place < places; place++) see(begin + place * ENTRY_WORDS);
      chunk = chunk === last ? NONE : m[this.#chunkNext + chunk]!;
      place = 0;
    }
  }

  /** First free chunk, -1 for none: for fsck.ts. Writes the end of the open list back. */
  get freeChunk(): number {
    this.#seal();
    return this.#free;
  }

  /** Makes this the list that is appended to, with room for one entry at least. */
  #open(list: number): void {
    this.#seal();
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    if (m[at + LIST.TAIL_CHUNK]! === NONE || m[at + LIST.TAIL_AT]! === CHUNK_ENTRIES)
      this.#grow(at);
    const begin = this.#chunks + m[at + LIST.TAIL_CHUNK]! * CHUNK_WORDS;
    this.#openList = list;
    this.#openAt = begin + m[at + LIST.TAIL_AT]! * ENTRY_WORDS;
    this.#openEnd = begin + CHUNK_WORDS;
  }

  /** Writes the end of the open list back. */
  #seal(): void {
    if (this.#openList === NONE) return;
    const at = this.#lists + this.#openList * LIST_WORDS;
    const begin = this.#openEnd - CHUNK_WORDS;
    this.#m[at + LIST.TAIL_AT] = (this.#openAt - begin) / ENTRY_WORDS;
    this.#openList = NONE;
  }

  #grow(at: number): void {
    const m = this.#m;
    const chunk = this.#free;
    assert(chunk !== NONE, 'the chunk pool is sized for all events');
    this.#free = m[this.#chunkNext + chunk]!;
    const tail = m[at + LIST.TAIL_CHUNK]!;
    if (tail === NONE) {
      m[at + LIST.HEAD_CHUNK] = chunk;
      m[at + LIST.HEAD_AT] = 0;
    } else {
      m[this.#chunkNext + tail] = chunk;
    }
    m[at + LIST.TAIL_CHUNK] = chunk;
    m[at + LIST.TAIL_AT] = 0;
    m[at + LIST.CHUNKS] = m[at + LIST.CHUNKS]! + 1;
  }

  #giveBack(chunk: number): void {
    this.#m[this.#chunkNext + chunk] = this.#free;
    this.#free = chunk;
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
