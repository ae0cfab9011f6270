/**
 * Where events of flows that cannot move wait, so that the flows behind them can.
 *
 * Runs on:   the scheduler. Writes: nodes, records, blocked lists and fronts of scheduler memory.
 * A blocked flow has a record with one chain of events per level. The record stands in exactly one
 * list: of its lane, the most urgent level it has, and the port that holds the flow (or nobody).
 * A port with room is served from its own lists only, so an event that waits is touched twice,
 * once in and once out, however many wait and however long.
 *
 * The front chains are for events of ordered, parallel and directed queues that were scheduled
 * before and lost their port: they go before everything else, in order.
 */
import { LEVELS } from '../eventdev/event.js';
import { assert } from '../memory/assert.js';
import type { SchedulerLayout } from '../memory/scheduler-layout.js';
import {
  ENTRY_SEQUENCE,
  freeLink,
  NODE,
  NODE_WORDS,
  RECORD,
  RECORD_WORDS,
} from '../memory/scheduler-layout.js';

const NONE = -1;

export class Parking {
  readonly #m: Int32Array;
  readonly #nodes: number;
  readonly #nodeCount: number;
  readonly #records: number;
  readonly #blocked: number;
  readonly #fronts: number;
  readonly #holders: number;
  readonly #blockedEnd: number;
  readonly #frontsEnd: number;
  /** Parked events and front events per list `lane * LEVELS + level`. */
  readonly waiting: Int32Array;
  #freeNode = NONE;
  #freshNode = 0;
  #freeRecord = NONE;
  #freshRecord = 0;

  constructor(m: Int32Array, layout: SchedulerLayout, lanes: number, ports: number) {
    this.#m = m;
    this.#nodes = layout.nodes;
    this.#nodeCount = layout.nodeCount;
    this.#records = layout.records;
    this.#blocked = layout.blocked;
    this.#fronts = layout.fronts;
    this.#holders = ports + 1;
    this.waiting = new Int32Array(lanes * LEVELS);
    this.#blockedEnd = layout.words;
    this.#frontsEnd = layout.history;
    this.reset();
  }

  /** Forgets all events. */
  reset(): void {
    const m = this.#m;
    m.fill(NONE, this.#blocked, this.#blockedEnd);
    m.fill(NONE, this.#fronts, this.#frontsEnd);
    for (let i = 0; i < this.#freshNode; i++) m[this.#nodes + i * NODE_WORDS + NODE.NEXT] = 0;
    this.waiting.fill(0);
    this.#freeNode = NONE;
    this.#freshNode = 0;
    this.#freeRecord = NONE;
    this.#freshRecord = 0;
  }

  /** The holder to name for a flow that no port holds. */
  get nobody(): number {
    return this.#holders - 1;
  }

  // ── blocked flows ──────────────────────────────────────────────────────────────────────────

  /** A record for a flow slot that has none: its offset. It is in no list yet. */
  open(slot: number, lane: number): number {
    const m = this.#m;
    let record = this.#freeRecord;
    if (record !== NONE) this.#freeRecord = m[record + RECORD.NEXT]!;
    else {
      assert(this.#freshRecord < this.#nodeCount, 'there is a record for every event');
      record = this.#records + this.#freshRecord++ * RECORD_WORDS;
      // Whoever gives a record back has emptied its chains.
      m.fill(NONE, record + RECORD.HEADS, record + RECORD_WORDS);
    }
    m[record + RECORD.FLOW] = slot;
    m[record + RECORD.LANE] = lane;
    m[record + RECORD.LIST] = NONE;
    m[record + RECORD.LEVELS] = 0;
    return record;
  }

  /** Gives a record without events back. */
  close(record: number): void {
    this.#m[record + RECORD.NEXT] = this.#freeRecord;
    this.#freeRecord = record;
  }

  /** Adds the entry at `from` behind the flow's events of this level. */
  park(record: number, level: number, from: number): void {
    const tail = record + RECORD.TAILS + level;
    this.#append(record + RECORD.HEADS + level, tail, this.#node(from, NONE));
    this.#count(record, level, 1);
    this.#m[record + RECORD.LEVELS] = this.#m[record + RECORD.LEVELS]! | (1 << level);
  }

  /** Adds the entry at `from` before the flow's events of this level. */
  parkFirst(record: number, level: number, from: number): void {
    const head = record + RECORD.HEADS + level;
    this.#prepend(head, record + RECORD.TAILS + level, this.#node(from, NONE));
    this.#count(record, level, 1);
    this.#m[record + RECORD.LEVELS] = this.#m[record + RECORD.LEVELS]! | (1 << level);
  }

  /** The most urgent level of a record that has events. */
  levelOf(record: number): number {
    return lowestBit(this.#m[record + RECORD.LEVELS]!);
  }

  /** The slot of the flow. */
  flowOf(record: number): number {
    return this.#m[record + RECORD.FLOW]!;
  }

  levelsOf(record: number): number {
    return this.#m[record + RECORD.LEVELS]!;
  }

  /** The flow's oldest event of this level: a node's offset. */
  first(record: number, level: number): number {
    return this.#m[record + RECORD.HEADS + level]!;
  }

  /** Removes that event. Its node stays its own until whoever has the event gives it back. */
  unpark(record: number, level: number): number {
    const head = record + RECORD.HEADS + level;
    this.#count(record, level, -1);
    const node = this.#shift(head, record + RECORD.TAILS + level);
    if (this.#m[head]! === NONE) {
      this.#m[record + RECORD.LEVELS] = this.#m[record + RECORD.LEVELS]! & ~(1 << level);
    }
    return node;
  }

  /** Gives the node of an event that is elsewhere back. Its words stay valid until the next event is
   *  parked. */
  free(node: number): void {
    this.#m[node + NODE.NEXT] = freeLink(this.#freeNode);
    this.#freeNode = node;
  }

  /** Puts a record that has events last in the list where it belongs, held by `holder`. Stays
   *  where it is if that is its list already. */
  enlist(record: number, holder: number): void {
    const m = this.#m;
    const list = this.#list(m[record + RECORD.LANE]!, this.levelOf(record), holder);
    if (m[record + RECORD.LIST]! === list) return;
    this.delist(record);
    this.#link(record, list);
  }

  /** Puts a record that has events first in the list where it belongs. */
  enlistFirst(record: number, holder: number): void {
    const m = this.#m;
    this.delist(record);
    const list = this.#list(m[record + RECORD.LANE]!, this.levelOf(record), holder);
    const first = m[list]!;
    m[record + RECORD.LIST] = list;
    m[record + RECORD.PREVIOUS] = NONE;
    m[record + RECORD.NEXT] = first;
    m[first === NONE ? list + 1 : first + RECORD.PREVIOUS] = record;
    m[list] = record;
  }

  /** Puts a record that has events last in the list where it belongs, as `enlist` does, even if it is in
   *  that list already. */
  enlistLast(record: number, holder: number): void {
    const m = this.#m;
    const list = this.#list(m[record + RECORD.LANE]!, this.levelOf(record), holder);
    if (m[record + RECORD.LIST]! === list && m[record + RECORD.NEXT]! === NONE) return;
    this.delist(record);
    this.#link(record, list);
  }

  /** Takes a record out of its list, if it is in one. */
  delist(record: number): void {
    const m = this.#m;
    const list = m[record + RECORD.LIST]!;
    if (list === NONE) return;
    const previous = m[record + RECORD.PREVIOUS]!;
    const next = m[record + RECORD.NEXT]!;
    m[previous === NONE ? list : previous + RECORD.NEXT] = next;
    m[next === NONE ? list + 1 : next + RECORD.PREVIOUS] = previous;
    m[record + RECORD.LIST] = NONE;
  }

  /** The first record in the list of (lane, level, holder), or -1. */
  blocked(lane: number, level: number, holder: number): number {
    return this.#m[this.#list(lane, level, holder)]!;
  }

  /** Calls `see` with the node of every parked event of a lane. */
  eachBlocked(lane: number, see: (node: number) => void): void {
    const m = this.#m;
    for (let lists = lane * LEVELS * this.#holders, i = 0; i < LEVELS * this.#holders; i++) {
      let record = m[this.#blocked + (lists + i) * 2]!;
      for (; record !== NONE; record = m[record + RECORD.NEXT]!) {
        for (let level = 0; level < LEVELS; level++) {
          let node = m[record + RECORD.HEADS + level]!;
          for (; node !== NONE; node = m[node + NODE.NEXT]!) see(node);
        }
      }
    }
  }

  #link(record: number, list: number): void {
    const m = this.#m;
    const last = m[list + 1]!;
    m[record + RECORD.LIST] = list;
    m[record + RECORD.PREVIOUS] = last;
    m[record + RECORD.NEXT] = NONE;
    m[last === NONE ? list : last + RECORD.NEXT] = record;
    m[list + 1] = record;
  }

  #list(lane: number, level: number, holder: number): number {
    return this.#blocked + ((lane * LEVELS + level) * this.#holders + holder) * 2;
  }

  // ── front chains ───────────────────────────────────────────────────────────────────────────

  /** The event that goes before all others of list `lane * LEVELS + level`: its node, or -1. */
  front(list: number): number {
    return this.#m[this.#fronts + list * 2]!;
  }

  /** Puts an event with its place in the window (-1: none) before all others. */
  pushFront(list: number, from: number, place: number): void {
    const at = this.#fronts + list * 2;
    this.#prepend(at, at + 1, this.#node(from, place));
    this.waiting[list] = this.waiting[list]! + 1;
  }

  /** Removes the front event, which is elsewhere. Its words stay valid until the next one is parked. */
  popFront(list: number): void {
    const at = this.#fronts + list * 2;
    this.free(this.#shift(at, at + 1));
    this.waiting[list] = this.waiting[list]! - 1;
  }

  #count(record: number, level: number, by: number): void {
    const list = this.#m[record + RECORD.LANE]! * LEVELS + level;
    this.waiting[list] = this.waiting[list]! + by;
  }

  /** First free node and record, and how many were ever used: for fsck.ts. */
  get pools(): { freeNode: number; nodes: number; freeRecord: number; records: number } {
    return {
      freeNode: this.#freeNode,
      nodes: this.#freshNode,
      freeRecord: this.#freeRecord,
      records: this.#freshRecord,
    };
  }

  // ── chains of nodes ────────────────────────────────────────────────────────────────────────

  #node(from: number, place: number): number {
    const m = this.#m;
    let node = this.#freeNode;
    if (node !== NONE) this.#freeNode = freeLink(m[node + NODE.NEXT]!);
    else {
      assert(this.#freshNode < this.#nodeCount, 'there is a node for every event');
      node = this.#nodes + this.#freshNode++ * NODE_WORDS;
    }
    m[node] = m[from]!;
    m[node + 1] = m[from + 1]!;
    m[node + 2] = m[from + 2]!;
    m[node + 3] = m[from + 3]!;
    m[node + ENTRY_SEQUENCE] = m[from + ENTRY_SEQUENCE]!;
    m[node + NODE.PLACE] = place;
    // Last: from here on the node is one in use.
    m[node + NODE.NEXT] = NONE;
    return node;
  }

  #append(head: number, tail: number, node: number): void {
    const m = this.#m;
    if (m[head]! === NONE) m[head] = node;
    else m[m[tail]! + NODE.NEXT] = node;
    m[tail] = node;
  }

  #prepend(head: number, tail: number, node: number): void {
    const m = this.#m;
    m[node + NODE.NEXT] = m[head]!;
    if (m[head]! === NONE) m[tail] = node;
    m[head] = node;
  }

  /** Removes the head of a chain. Returns it. */
  #shift(head: number, tail: number): number {
    const m = this.#m;
    const node = m[head]!;
    const next = m[node + NODE.NEXT]!;
    m[head] = next;
    if (next === NONE) m[tail] = NONE;
    return node;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
