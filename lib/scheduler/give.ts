/**
 * Puts events of scheduler memory into a port's CQ and history list.
 *
 * Runs on: the scheduler. Writes: free slots of CQs, history rings. The caller has checked the room,
 * and settles `served`; a CQ is published at the end of the pass.
 * The loops are free functions over primitives: an event is a dozen stores, and little else.
 */
import { OP, OPAQUE_MASK, OPAQUE_SHIFT, OP_MASK, QE_WORDS } from '../eventdev/event.js';
import {
  ENTRY_SEQUENCE,
  HISTORY,
  HISTORY_WORDS,
  PLACE,
  WINDOW,
  WINDOW_WORDS,
} from '../memory/scheduler-layout.js';
import type { Machine } from './machine.js';
import { PICK_WORDS, PICKS_WORDS } from './picks.js';
import type { PortSeat } from './port-seat.js';
import type { Window } from './window.js';

/** What a delivery keeps of a second word; it adds FORWARD and the low bits of the index. */
const KEEP = ~((OPAQUE_MASK << OPAQUE_SHIFT) | OP_MASK);

/** Gives one entry, with its flow's slot and its place in a window, -1 for none. */
export function deliver(
  machine: Machine,
  port: PortSeat,
  from: number,
  slot: number,
  place: number,
): void {
  const { m, words } = machine;
  const index = port.historyTail;
  const entry = port.history + (index & machine.historyMask) * HISTORY_WORDS;
  const to = port.cq.slot();
  give(m, words, from, entry, to, index);
  m[entry + HISTORY.FLOW] = slot;
  m[entry + HISTORY.PLACE] = place;
  settle(port, 1);
}

/** Gives `count` entries without flow and place, from `from` on, each `step` words behind the last. */
export function deliverRun(
  machine: Machine,
  port: PortSeat,
  from: number,
  step: number,
  count: number,
): void {
  const { m, words, historyMask } = machine;
  const { slots, mask } = port.cq.layout;
  const { history } = port;
  let index = port.historyTail;
  let tail = port.cq.claim(count);
  for (let i = 0, at = from; i < count; i++, at += step) {
    const entry = history + (index & historyMask) * HISTORY_WORDS;
    give(m, words, at, entry, slots + (tail & mask) * QE_WORDS, index);
    m[entry + HISTORY.FLOW] = -1;
    m[entry + HISTORY.PLACE] = -1;
    index = (index + 1) | 0;
    tail = (tail + 1) | 0;
  }
  settle(port, count);
}

/** As `deliverRun`, for events that keep a place: that of index `place` of the window, then each
 *  `stride` behind the last. */
export function deliverPlaced(
  machine: Machine,
  port: PortSeat,
  from: number,
  step: number,
  count: number,
  window: Window,
  place: number,
  stride: number,
): void {
  const { m, words, historyMask } = machine;
  const { slots, mask } = port.cq.layout;
  const { history } = port;
  let index = port.historyTail;
  let tail = port.cq.claim(count);
  for (let i = 0, at = from; i < count; i++, at += step) {
    const entry = history + (index & historyMask) * HISTORY_WORDS;
    const held = window.at + (place & window.mask) * WINDOW_WORDS;
    give(m, words, at, entry, slots + (tail & mask) * QE_WORDS, index);
    m[entry + HISTORY.FLOW] = -1;
    m[entry + HISTORY.PLACE] = held;
    m[held + WINDOW.STATE] = PLACE.HELD;
    index = (index + 1) | 0;
    tail = (tail + 1) | 0;
    place = (place + stride) | 0;
  }
  settle(port, count);
}

/** Gives the first `count` picks of the port. */
export function deliverPicked(machine: Machine, port: PortSeat, count: number): void {
  const { m, words, historyMask, picks } = machine;
  const { slots, mask } = port.cq.layout;
  const { history } = port;
  let index = port.historyTail;
  let tail = port.cq.claim(count);
  const first = port.id * PICKS_WORDS;
  for (let pick = first; pick < first + count * PICK_WORDS; pick += PICK_WORDS) {
    const entry = history + (index & historyMask) * HISTORY_WORDS;
    give(m, words, picks[pick]!, entry, slots + (tail & mask) * QE_WORDS, index);
    m[entry + HISTORY.FLOW] = picks[pick + 1]!;
    m[entry + HISTORY.PLACE] = -1;
    index = (index + 1) | 0;
    tail = (tail + 1) | 0;
  }
  settle(port, count);
}

/** Copies an entry to its place in the history list and to its CQ slot. */
function give(
  m: Int32Array,
  words: Int32Array,
  from: number,
  entry: number,
  to: number,
  index: number,
): void {
  const word0 = m[from]!;
  const word1 = m[from + 1]!;
  const low = m[from + 2]!;
  const high = m[from + 3]!;
  m[entry] = word0;
  m[entry + 1] = word1;
  m[entry + 2] = low;
  m[entry + 3] = high;
  m[entry + ENTRY_SEQUENCE] = m[from + ENTRY_SEQUENCE]!;
  words[to] = word0;
  words[to + 1] = (word1 & KEEP) | OP.FORWARD | (index << OPAQUE_SHIFT);
  words[to + 2] = low;
  words[to + 3] = high;
}

function settle(port: PortSeat, count: number): void {
  port.historyTail = (port.historyTail + count) | 0;
  port.served += count;
  port.room -= count;
}
