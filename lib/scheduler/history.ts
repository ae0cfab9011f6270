/**
 * The history list: what each port was given and has not completed, oldest first.
 *
 * Runs on: the scheduler. Writes: history rings of scheduler memory.
 * Completion is by position, as in DLB: a FORWARD or RELEASE names no event, it ends the oldest. Only
 * those of an independent port name theirs, by `implOpaque`, the low bits of its index.
 */
import {
  OP,
  OPAQUE_MASK,
  OPAQUE_SHIFT,
  OP_MASK,
  QE_WORDS,
  QUEUE_MASK,
  QUEUE_SHIFT,
} from '../eventdev/event.js';
import { COMPLETED, ENTRY_SEQUENCE, HISTORY, HISTORY_WORDS } from '../memory/scheduler-layout.js';
import { ONE_EVENT } from './flow-table.js';
import { flowIdle } from './flows.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { QueueSeat } from './queue-seat.js';
import type { Window } from './window.js';

const KEEP = ~((OPAQUE_MASK << OPAQUE_SHIFT) | OP_MASK);

/**
 * Puts the entry at `from` of scheduler memory into the port's CQ and history list.
 * `slot` is its flow, `place` its place in a window, -1 for none. The caller has checked the room
 * and settles `served`.
 */
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
  const word0 = m[from]!;
  const word1 = m[from + 1]!;
  const low = m[from + 2]!;
  const high = m[from + 3]!;
  m[entry] = word0;
  m[entry + 1] = word1;
  m[entry + 2] = low;
  m[entry + 3] = high;
  m[entry + ENTRY_SEQUENCE] = m[from + ENTRY_SEQUENCE]!;
  m[entry + HISTORY.FLOW] = slot;
  m[entry + HISTORY.PLACE] = place;
  words[to] = word0;
  words[to + 1] = (word1 & KEEP) | OP.FORWARD | ((index & OPAQUE_MASK) << OPAQUE_SHIFT);
  words[to + 2] = low;
  words[to + 3] = high;
  port.historyTail = (index + 1) | 0;
  port.served++;
  port.room--;
}

/**
 * As `deliver`, for `count` entries from `from` on, each `step` words behind the one before, of
 * events without a flow. Their places are those of `window` from `place` on, each `stride` behind
 * the one before, if there is a window.
 */
export function deliverEach(
  machine: Machine,
  port: PortSeat,
  from: number,
  step: number,
  count: number,
  window: Window | null,
  place: number,
  stride: number,
): void {
  const { m, words, historyMask } = machine;
  const { slots, mask } = port.cq.layout;
  const { history } = port;
  const index = port.historyTail;
  const tail = port.cq.claim(count);
  for (let i = 0, at = from; i < count; i++, at += step) {
    const entry = history + ((index + i) & historyMask) * HISTORY_WORDS;
    const to = slots + ((tail + i) & mask) * QE_WORDS;
    const word0 = m[at]!;
    const word1 = m[at + 1]!;
    const low = m[at + 2]!;
    const high = m[at + 3]!;
    m[entry] = word0;
    m[entry + 1] = word1;
    m[entry + 2] = low;
    m[entry + 3] = high;
    m[entry + ENTRY_SEQUENCE] = m[at + ENTRY_SEQUENCE]!;
    m[entry + HISTORY.FLOW] = -1;
    m[entry + HISTORY.PLACE] = window === null ? -1 : window.hold((place + i * stride) | 0);
    words[to] = word0;
    words[to + 1] = (word1 & KEEP) | OP.FORWARD | (((index + i) & OPAQUE_MASK) << OPAQUE_SHIFT);
    words[to + 2] = low;
    words[to + 3] = high;
  }
  port.historyTail = (index + count) | 0;
  port.served += count;
  port.room -= count;
}

/** Completes the oldest event of a port that holds one: its flow moves on. Returns the entry's
 *  offset; its words stay valid until the next delivery. */
export function completeOldest(machine: Machine, port: PortSeat): number {
  const { m, at } = machine;
  const entry = historyAt(machine, port, port.historyHead);
  const queue = queueOf(machine, entry);
  const held = at.heldEvents + queue.id * machine.ports.length + port.id;
  m[held] = m[held]! - 1;
  completeFlow(machine, queue, m[entry + HISTORY.FLOW]!);
  port.historyHead = (port.historyHead + 1) | 0;
  if (port.holes > 0) skipCompleted(machine, port);
  return entry;
}

/** Completes the event at `index` of an independent port, which holds it. Returns the entry's
 *  offset, as `completeOldest` does. */
export function completeAt(machine: Machine, port: PortSeat, index: number): number {
  if (index === port.historyHead) return completeOldest(machine, port);
  const { m, at } = machine;
  const entry = historyAt(machine, port, index);
  const queue = queueOf(machine, entry);
  const held = at.heldEvents + queue.id * machine.ports.length + port.id;
  m[held] = m[held]! - 1;
  completeFlow(machine, queue, m[entry + HISTORY.FLOW]!);
  m[entry + HISTORY.FLOW] = COMPLETED;
  port.holes++;
  return entry;
}

/** Moves the head on over what was completed before its turn. */
function skipCompleted(machine: Machine, port: PortSeat): void {
  while (port.holes > 0 && isCompleted(machine, port, port.historyHead)) {
    port.historyHead = (port.historyHead + 1) | 0;
    port.holes--;
  }
}

/** Whether the event at an index of the history list was completed before its turn. */
export function isCompleted(machine: Machine, port: PortSeat, index: number): boolean {
  return machine.m[historyAt(machine, port, index) + HISTORY.FLOW] === COMPLETED;
}

/** Completes the `due` oldest events of a port without holes, all of which it holds. `placeEnded` is
 *  told of each that has a place in a window. */
export function completeMany(
  machine: Machine,
  port: PortSeat,
  due: number,
  placeEnded: (machine: Machine, entry: number, place: number) => void,
): void {
  const { m, at, queues } = machine;
  let index = port.historyHead;
  let run = 0;
  let runQueue = queues[0]!;
  for (let i = 0; i < due; i++) {
    const entry = port.history + (index & machine.historyMask) * HISTORY_WORDS;
    const queue = queues[(m[entry + 1]! >>> QUEUE_SHIFT) & QUEUE_MASK]!;
    if (queue !== runQueue) {
      noteCompleted(m, at.heldEvents + runQueue.id * machine.ports.length + port.id, run);
      runQueue = queue;
      run = 0;
    }
    run++;
    completeFlow(machine, queue, m[entry + HISTORY.FLOW]!);
    const place = m[entry + HISTORY.PLACE]!;
    if (place >= 0) placeEnded(machine, entry, place);
    index = (index + 1) | 0;
  }
  noteCompleted(m, at.heldEvents + runQueue.id * machine.ports.length + port.id, run);
  port.historyHead = index;
}

function noteCompleted(m: Int32Array, held: number, count: number): void {
  m[held] = m[held]! - count;
}

function completeFlow(machine: Machine, queue: QueueSeat, slot: number): void {
  if (slot < 0) return;
  const flow = machine.m[slot]! - ONE_EVENT;
  if (flow >= ONE_EVENT) machine.m[slot] = flow;
  else flowIdle(machine, queue.atomic!, slot, flow);
}

/** How many events a port holds: in its CQ or dequeued. */
export function heldBy(port: PortSeat): number {
  return entriesOf(port) - port.holes;
}

/** Length of a port's history list, completed entries in it included. */
export function entriesOf(port: PortSeat): number {
  return (port.historyTail - port.historyHead) | 0;
}

export function historyAt(machine: Machine, port: PortSeat, index: number): number {
  return port.history + (index & machine.historyMask) * HISTORY_WORDS;
}

/** The queue that an entry's event was delivered from. */
export function queueOf(machine: Machine, entry: number): QueueSeat {
  return machine.queues[(machine.m[entry + 1]! >>> QUEUE_SHIFT) & QUEUE_MASK]!;
}
