/**
 * Where accepted events wait: per queue and level a list of chunks, all from one pool.
 *
 * Runs on:   the scheduler. Writes: lists, chunks and fronts of scheduler memory.
 * Algorithm: chunked queues as in event_sw's `iq_chunk.h` (DPDK commit dca926ca9f): a queue may
 *            hold all events, without fixed storage per queue. A list that runs empty keeps its
 *            chunk and starts it anew, so that a busy level stays in the same cache lines.
 */
import { assert } from '../memory/assert.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import {
  CHUNK_ENTRIES,
  CHUNK_WORDS,
  ENTRY_SEQUENCE,
  ENTRY_WORDS,
  LIST,
  LIST_WORDS,
} from '../memory/scheduler-layout.js';

export class QueueStorage {
  readonly #m: Int32Array;
  readonly #lists: number;
  readonly #chunks: number;
  readonly #chunkNext: number;
  readonly #waiting: number;
  /** First free chunk, -1: none. */
  #free = -1;

  constructor(m: Int32Array, layout: SchedulerLayout) {
    this.#m = m;
    this.#lists = layout.lists;
    this.#chunks = layout.chunks;
    this.#chunkNext = layout.chunkNext;
    this.#waiting = layout.waiting;
    for (let chunk = layout.chunkCount - 1; chunk >= 0; chunk--) this.#giveBack(chunk);
    const lists = layout.chunks - layout.lists;
    for (let list = 0; (list + 1) * LIST_WORDS <= lists; list++) {
      m[layout.lists + list * LIST_WORDS + LIST.HEAD_CHUNK] = -1;
      m[layout.lists + list * LIST_WORDS + LIST.TAIL_CHUNK] = -1;
    }
  }

  /** Appends the event at `from` of `source` to list `queue * LEVELS + level`. */
  append(list: number, source: Int32Array, from: number, word1: number, sequence: number): void {
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    let place = m[at + LIST.TAIL_AT]!;
    if (m[at + LIST.TAIL_CHUNK]! < 0 || place === CHUNK_ENTRIES) {
      this.#grow(at);
      place = 0;
    }
    const to = this.#chunks + m[at + LIST.TAIL_CHUNK]! * CHUNK_WORDS + place * ENTRY_WORDS;
    m[to] = source[from]!;
    m[to + 1] = word1;
    m[to + 2] = source[from + 2]!;
    m[to + 3] = source[from + 3]!;
    m[to + ENTRY_SEQUENCE] = sequence;
    m[at + LIST.TAIL_AT] = place + 1;
    m[this.#waiting + list] = m[this.#waiting + list]! + 1;
  }

  /** Word offset of the oldest entry of a list, or -1. */
  oldest(list: number): number {
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const chunk = m[at + LIST.HEAD_CHUNK]!;
    const place = m[at + LIST.HEAD_AT]!;
    if (chunk < 0) return -1;
    if (chunk === m[at + LIST.TAIL_CHUNK]! && place === m[at + LIST.TAIL_AT]!) return -1;
    return this.#chunks + chunk * CHUNK_WORDS + place * ENTRY_WORDS;
  }

  /** Removes the oldest entry of a list that has one. Its words stay valid until the next append.
   *  The caller keeps the count of waiting events. */
  drop(list: number): void {
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    const place = m[at + LIST.HEAD_AT]! + 1;
    if (m[at + LIST.HEAD_CHUNK]! === m[at + LIST.TAIL_CHUNK]!) {
      const empty = place === m[at + LIST.TAIL_AT]!;
      m[at + LIST.HEAD_AT] = empty ? 0 : place;
      if (empty) m[at + LIST.TAIL_AT] = 0;
    } else if (place === CHUNK_ENTRIES) {
      this.#advance(at);
    } else {
      m[at + LIST.HEAD_AT] = place;
    }
  }

  /** Calls `see` with the offset of every entry, oldest first. */
  each(list: number, see: (entry: number) => void): void {
    const m = this.#m;
    const at = this.#lists + list * LIST_WORDS;
    let chunk = m[at + LIST.HEAD_CHUNK]!;
    let place = m[at + LIST.HEAD_AT]!;
    const last = m[at + LIST.TAIL_CHUNK]!;
    while (chunk >= 0 && !(chunk === last && place === m[at + LIST.TAIL_AT]!)) {
      see(this.#chunks + chunk * CHUNK_WORDS + place * ENTRY_WORDS);
      place++;
      if (place < CHUNK_ENTRIES || chunk === last) continue;
      chunk = m[this.#chunkNext + chunk]!;
      place = 0;
    }
  }

  #advance(at: number): void {
    const m = this.#m;
    const done = m[at + LIST.HEAD_CHUNK]!;
    m[at + LIST.HEAD_AT] = 0;
    m[at + LIST.HEAD_CHUNK] = m[this.#chunkNext + done]!;
    this.#giveBack(done);
  }

  #grow(at: number): void {
    const m = this.#m;
    const chunk = this.#free;
    assert(chunk >= 0, 'the chunk pool is sized for all events');
    this.#free = m[this.#chunkNext + chunk]!;
    const tail = m[at + LIST.TAIL_CHUNK]!;
    if (tail < 0) {
      m[at + LIST.HEAD_CHUNK] = chunk;
      m[at + LIST.HEAD_AT] = 0;
    } else {
      m[this.#chunkNext + tail] = chunk;
    }
    m[at + LIST.TAIL_CHUNK] = chunk;
    m[at + LIST.TAIL_AT] = 0;
  }

  #giveBack(chunk: number): void {
    this.#m[this.#chunkNext + chunk] = this.#free;
    this.#free = chunk;
  }
}
