/**
 * Finds every event that is inside a domain whose scheduler died, wherever it was cut off.
 *
 * Runs on: whoever recovers the domain. Reads only; every loop is bounded by what a structure holds.
 * Four rules, which the scheduler keeps (README.md, Recovery):
 * - What was taken in after the checkpoint is in the rings still, so what it has become is left out:
 *   it has a sequence from FROM on.
 * - A move makes the copy whole, then counts it where it goes, then not any more where it came from:
 *   so at worst an event is found twice, with the same sequence.
 * - A node says itself whether it is in use; no chain of them is followed.
 * - What is completed is completed by the rings from the checkpoint on, or was before.
 */
import { QUEUE_MASK, QUEUE_SHIFT, SCHED_MASK, SCHED_SHIFT } from '../eventdev/event.js';
import { SCHED, LEVELS } from '../eventdev/event.js';
import type { DomainPlan } from '../eventdev/commands.js';
import type { DomainLayout } from '../memory/layout.js';
import {
  AREA,
  ENTRY_SEQUENCE,
  HISTORY_WORDS,
  isInUse,
  LIST_WORDS,
  NODE,
  NODE_WORDS,
  PIECE,
  PIECE_WORDS,
  PLACE,
  PORT_MARK,
  PORT_MARK_WORDS,
  WINDOW,
  WINDOW_MARK,
  WINDOW_MARK_WORDS,
  WINDOW_WORDS,
} from '../memory/scheduler-layout.js';
import type { LaneLayout, SchedulerLayout } from '../memory/scheduler-layout.js';
import { eachEntry } from './queue-storage.js';
import { historyEntries, RingReplay } from './salvage-rings.js';
import type { Taken } from './salvage-rings.js';

/** An event that was found. */
export interface Found {
  /** The memory that it is in, and where. */
  readonly from: Int32Array;
  readonly entry: number;
  /** The offset in domain memory of the event that renewed it last and has its payload, or -1. */
  readonly renewal: number;
}

/** First what was on a queue or delivered from it, by age; then what windows hold back, in their order;
 *  then what the rings have. */
interface Ranked extends Found {
  readonly group: number;
  readonly major: number;
  readonly minor: number;
}
const INSIDE = 0;
const HELD_BACK = 1;
const IN_RING = 2;

/** Further than any two sequences that are inside at a time. */
const AHEAD = 1 << 28;

export class Salvage {
  readonly #plan: DomainPlan;
  readonly #words: Int32Array;
  readonly #layout: DomainLayout;
  readonly #m: Int32Array;
  readonly #at: SchedulerLayout;
  readonly #area: number;
  readonly #taken: Taken[] = [];
  readonly #completed = new Set<number>();
  /** By sequence. */
  readonly #inside = new Map<number, Ranked[]>();

  constructor(
    plan: DomainPlan,
    words: Int32Array,
    layout: DomainLayout,
    m: Int32Array,
    at: SchedulerLayout,
  ) {
    this.#plan = plan;
    this.#words = words;
    this.#layout = layout;
    this.#m = m;
    this.#at = at;
    this.#area = at.areas[m[at.checkpoint]! & 1]!;
  }

  /** Takes in what is left of a port's ring. To be called once per port, in their order. */
  takeRing(id: number, tail: number): Taken {
    const m = this.#m;
    const marks = this.#area + AREA.PORTS + id * PORT_MARK_WORDS;
    const { historyDepth, history, given } = this.#at;
    const first = m[marks + PORT_MARK.HISTORY_HEAD]!;
    const list = history + id * historyDepth * HISTORY_WORDS;
    const port = {
      ringHead: m[marks + PORT_MARK.RING_HEAD]!,
      takenNew: m[marks + PORT_MARK.TAKEN_NEW]!,
      names: this.#plan.ports[id]!.names,
      hasPieces: this.#at.pieces >= 0,
      entries: historyEntries(list, historyDepth, first, m[given + id]!),
    };
    const replay = new RingReplay(
      this.#words,
      m,
      port,
      (word1) => this.#hasLane(word1),
      (word1) => this.#takesPieces(word1),
    );
    const taken = replay.run(this.#layout.ports[id]!.enqueue, tail);
    this.#taken.push(taken);
    return taken;
  }

  /** All events. To be called when all rings have been taken in. */
  collect(): Found[] {
    for (const { completed } of this.#taken)
      for (const each of completed) this.#completed.add(each);
    // First: elsewhere an event may be found again, and nobody knows of its renewal there.
    for (const { held } of this.#taken)
      for (const { entry, renewal } of held) this.#see(entry, -1, renewal);
    this.#seeLists();
    this.#seeNodes();
    this.#at.lanes.forEach((lane, id) => this.#seeWindow(lane, id));
    this.#seePieces();
    const found = [...this.#inside.values()].flat();
    this.#taken.forEach(({ ring }, id) => {
      ring.forEach(({ entry, place }, i) => {
        const event = { from: this.#words, entry, renewal: -1 };
        if (place < 0) found.push({ ...event, group: IN_RING, major: id, minor: i });
        else {
          const major = this.#rank(place);
          found.push({ ...event, group: HELD_BACK, major, minor: AHEAD + i });
        }
      });
    });
    return found.sort((a, b) => a.group - b.group || a.major - b.major || a.minor - b.minor);
  }

  /** An event in scheduler memory; with its place if a window holds it back. */
  #see(entry: number, place = -1, renewal = -1): void {
    const m = this.#m;
    const sequence = m[entry + ENTRY_SEQUENCE]!;
    if (this.#isAfter(sequence) || this.#completed.has(sequence)) return;
    const same = this.#inside.get(sequence);
    if (same?.some((other) => isSame(m, other.entry, entry))) return;
    const age = (m[this.#area + AREA.SEQUENCE]! + AHEAD - sequence) >>> 0;
    // What got a sequence since the checkpoint is on its way out of its window: before what is not.
    const isOut = age <= AHEAD;
    // Oldest first; pieces in front of their event.
    const event = { from: m, entry, renewal };
    const found: Ranked =
      place < 0 || isOut
        ? { ...event, group: INSIDE, major: -age, minor: 0 }
        : {
            ...event,
            group: HELD_BACK,
            major: this.#rank(place),
            minor: place === entry ? AHEAD : -age,
          };
    if (same === undefined) this.#inside.set(sequence, [found]);
    else same.push(found);
  }

  /** Whether a sequence was given out since ports were visited last: its event is in a ring. */
  #isAfter(sequence: number): boolean {
    const m = this.#m;
    if (m[this.#area + AREA.IS_OPEN] === 0) return false;
    const most = this.#plan.ports.length * this.#plan.ringDepth;
    return (sequence - m[this.#area + AREA.FROM]!) >>> 0 < most;
  }

  #seeLists(): void {
    const { lanes, lists, chunks, chunkNext, chunkCount } = this.#at;
    for (let list = 0; list < lanes.length * LEVELS; list++) {
      const at = lists + list * LIST_WORDS;
      eachEntry(this.#m, chunks, chunkNext, chunkCount, at, (entry) => this.#see(entry));
    }
  }

  #seeWindow(lane: LaneLayout, id: number): void {
    if (lane.window < 0) return;
    const { sequences } = this.#plan.queues[lane.queue]!;
    for (let i = 0; i < sequences; i++) {
      const place = lane.window + i * WINDOW_WORDS;
      const isEvent = this.#m[place + WINDOW.STATE] === PLACE.EVENT;
      if (isEvent && this.#isTaken(lane, id, i)) this.#see(place, place);
    }
  }

  /** Whether the `i`-th place of a window was in use at the checkpoint, or is. */
  #isTaken(lane: LaneLayout, id: number, i: number): boolean {
    if (lane.flowPlaces >= 0) return this.#m[lane.window + i * WINDOW_WORDS + WINDOW.SLOT]! >= 0;
    const { head, used, mask } = this.#windowOf(lane, id);
    return ((i - head) & mask) < used;
  }

  #windowOf(lane: LaneLayout, id: number): { head: number; used: number; mask: number } {
    const ports = this.#area + AREA.PORTS + this.#plan.ports.length * PORT_MARK_WORDS;
    const marks = ports + id * WINDOW_MARK_WORDS;
    const head = this.#m[marks + WINDOW_MARK.HEAD]!;
    const used = (this.#m[marks + WINDOW_MARK.TAIL]! - head) | 0;
    return { head, used, mask: this.#plan.queues[lane.queue]!.sequences - 1 };
  }

  /** Orders the places of a window, as they were taken. */
  #rank(place: number): number {
    const { lanes } = this.#at;
    let id = lanes.length - 1;
    while (id > 0 && !(lanes[id]!.window >= 0 && lanes[id]!.window <= place)) id--;
    const lane = lanes[id]!;
    // Lanes one after the other, each with room for all tickets.
    const base = id * 2 ** 33;
    if (lane.flowPlaces >= 0) return base + (this.#m[place + WINDOW.TICKET]! >>> 0);
    const { head, mask } = this.#windowOf(lane, id);
    return base + (((place - lane.window) / WINDOW_WORDS - head) & mask);
  }

  #seeNodes(): void {
    const { nodes, nodeCount } = this.#at;
    for (let i = 0; i < nodeCount; i++) {
      const node = nodes + i * NODE_WORDS;
      if (isInUse(this.#m[node + NODE.NEXT]!)) this.#see(node);
    }
  }

  #seePieces(): void {
    const { pieces } = this.#at;
    for (let i = 0; pieces >= 0 && i < this.#plan.capacity; i++) {
      const node = pieces + i * PIECE_WORDS;
      if (isInUse(this.#m[node + PIECE.NEXT]!)) this.#see(node, this.#m[node + PIECE.PLACE]);
    }
  }

  #hasLane(word1: number): boolean {
    const queue = this.#plan.queues[(word1 >>> QUEUE_SHIFT) & QUEUE_MASK];
    if (queue === undefined) return false;
    const sched = (word1 >>> SCHED_SHIFT) & SCHED_MASK;
    return (
      queue.type !== 'any' || [SCHED.ORDERED, SCHED.ATOMIC, SCHED.PARALLEL].includes(sched as 0)
    );
  }

  #takesPieces(word1: number): boolean {
    const queue = this.#plan.queues[(word1 >>> QUEUE_SHIFT) & QUEUE_MASK];
    return this.#at.pieces >= 0 && queue !== undefined && queue.fragments > 1;
  }
}

/** Two entries of one sequence are copies of one event, unless 2^32 events lie between them. */
function isSame(m: Int32Array, a: number, b: number): boolean {
  return m[a] === m[b] && m[a + 2] === m[b + 2] && m[a + 3] === m[b + 3];
}
