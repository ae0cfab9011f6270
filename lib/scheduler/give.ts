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
import { nameGiven } from './names.js';
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
  settle(machine, port, 1);
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
  const { history, historyTail } = port;
  const { slots, mask } = port.cq.layout;
  const tail = port.cq.claim(count);
  giveRun(m, words, from, step, count, history, historyMask, historyTail, slots, mask, tail);
  settle(machine, port, count);
}

function giveRun(
  m: Int32Array,
  words: Int32Array,
  from: number,
  step: number,
  count: number,
  history: number,
  historyMask: number,
  index: number,
  slots: number,
  mask: number,
  tail: number,
): void {
  // `| 0`: an integer of the machine from here on, not one that V8 unpacks at each use.
  const by = step | 0;
  const base = history | 0;
  const wrap = historyMask | 0;
  const start = slots | 0;
  const turn = mask | 0;
  let at = from | 0;
  let i = index | 0;
  let t = tail | 0;
  for (let left = count | 0; left > 0; left = (left - 1) | 0) {
    const entry = (base + (i & wrap) * HISTORY_WORDS) | 0;
    give(m, words, at, entry, (start + (t & turn) * QE_WORDS) | 0, i);
    m[(entry + HISTORY.FLOW) | 0] = -1;
    m[(entry + HISTORY.PLACE) | 0] = -1;
    at = (at + by) | 0;
    i = (i + 1) | 0;
    t = (t + 1) | 0;
  }
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
  const { m } = machine;
  const first = port.historyTail;
  deliverRun(machine, port, from, step, count);
  const base = port.history | 0;
  const wrap = machine.historyMask | 0;
  const places = window.at | 0;
  const turn = window.mask | 0;
  const by = stride | 0;
  let index = first | 0;
  let next = place | 0;
  for (let left = count | 0; left > 0; left = (left - 1) | 0) {
    const held = (places + (next & turn) * WINDOW_WORDS) | 0;
    m[(base + (index & wrap) * HISTORY_WORDS + HISTORY.PLACE) | 0] = held;
    m[(held + WINDOW.STATE) | 0] = PLACE.HELD;
    index = (index + 1) | 0;
    next = (next + by) | 0;
  }
}

/** Gives the first `count` picks of the port. */
export function deliverPicked(machine: Machine, port: PortSeat, count: number): void {
  const { m, words, historyMask, picks } = machine;
  const { history, historyTail } = port;
  const { slots, mask } = port.cq.layout;
  const tail = port.cq.claim(count);
  const first = port.id * PICKS_WORDS;
  givePicks(m, words, picks, first, count, history, historyMask, historyTail, slots, mask, tail);
  settle(machine, port, count);
}

function givePicks(
  m: Int32Array,
  words: Int32Array,
  picks: Int32Array,
  first: number,
  count: number,
  history: number,
  historyMask: number,
  index: number,
  slots: number,
  mask: number,
  tail: number,
): void {
  const base = history | 0;
  const wrap = historyMask | 0;
  const start = slots | 0;
  const turn = mask | 0;
  let pick = first | 0;
  let i = index | 0;
  let t = tail | 0;
  for (let left = count | 0; left > 0; left = (left - 1) | 0) {
    const entry = (base + (i & wrap) * HISTORY_WORDS) | 0;
    give(m, words, picks[pick]!, entry, (start + (t & turn) * QE_WORDS) | 0, i);
    m[(entry + HISTORY.FLOW) | 0] = picks[(pick + 1) | 0]!;
    m[(entry + HISTORY.PLACE) | 0] = -1;
    pick = (pick + PICK_WORDS) | 0;
    i = (i + 1) | 0;
    t = (t + 1) | 0;
  }
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
  const word1 = m[(from + 1) | 0]!;
  const low = m[(from + 2) | 0]!;
  const high = m[(from + 3) | 0]!;
  m[entry] = word0;
  m[(entry + 1) | 0] = word1;
  m[(entry + 2) | 0] = low;
  m[(entry + 3) | 0] = high;
  m[(entry + ENTRY_SEQUENCE) | 0] = m[(from + ENTRY_SEQUENCE) | 0]!;
  words[to] = word0;
  words[(to + 1) | 0] = (word1 & KEEP) | OP.FORWARD | (index << OPAQUE_SHIFT);
  words[(to + 2) | 0] = low;
  words[(to + 3) | 0] = high;
}

function settle(machine: Machine, port: PortSeat, count: number): void {
  const { m } = machine;
  if (port.names !== null) nameGiven(machine, port, port.names, count);
  port.historyTail = (port.historyTail + count) | 0;
  // The entries are complete; they are still where they came from.
  m[port.givenAt] = port.historyTail;
  port.served += count;
  port.room -= count;
}
