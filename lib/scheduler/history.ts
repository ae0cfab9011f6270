/**
 * The history list: what each port was given and has not completed, oldest first.
 *
 * Runs on: the scheduler. Writes: history rings and indices of scheduler memory.
 * Completion is by position, as in DLB: a FORWARD or RELEASE names no event, it ends the oldest.
 */
import {
  OP,
  OPAQUE_MASK,
  OPAQUE_SHIFT,
  OP_MASK,
  QUEUE_MASK,
  QUEUE_SHIFT,
} from '../eventdev/event.js';
import { ENTRY_SEQUENCE, HISTORY, HISTORY_WORDS } from '../memory/scheduler-layout.js';
import { oneLess } from './flows.js';
import type { Machine, PortSeat } from './machine.js';

const KEEP = ~((OPAQUE_MASK << OPAQUE_SHIFT) | OP_MASK);

/**
 * Puts the entry at `from` of scheduler memory into the port's CQ and history list.
 * `slot` is its flow, `place` its place in a window, -1 for none. The caller has checked the room.
 */
export function deliver(
  machine: Machine,
  port: PortSeat,
  queue: number,
  from: number,
  slot: number,
  place: number,
): void {
  const { m, words, at } = machine;
  const index = m[at.historyTail + port.id]!;
  const entry = historyAt(machine, port.id, index);
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
  m[at.historyTail + port.id] = (index + 1) | 0;
  const held = at.heldEvents + queue * machine.ports.length + port.id;
  m[held] = m[held]! + 1;
  const to = port.cq.slot();
  words[to] = word0;
  words[to + 1] = (word1 & KEEP) | OP.FORWARD | ((index & OPAQUE_MASK) << OPAQUE_SHIFT);
  words[to + 2] = low;
  words[to + 3] = high;
  port.room--;
}

/** Completes the oldest event of a port that holds one: its flow moves on. Returns the entry's
 *  offset; its words stay valid until the next delivery. */
export function completeOldest(machine: Machine, port: PortSeat): number {
  const { m, at } = machine;
  const head = at.historyHead + port.id;
  const index = m[head]!;
  const entry = historyAt(machine, port.id, index);
  const queue = (m[entry + 1]! >>> QUEUE_SHIFT) & QUEUE_MASK;
  const held = at.heldEvents + queue * machine.ports.length + port.id;
  m[held] = m[held]! - 1;
  const slot = m[entry + HISTORY.FLOW]!;
  if (slot >= 0) oneLess(machine, machine.queues[queue]!, slot);
  m[head] = (index + 1) | 0;
  return entry;
}

/** How many events a port holds: in its CQ or dequeued. */
export function heldBy(machine: Machine, port: PortSeat): number {
  const { m, at } = machine;
  return (m[at.historyTail + port.id]! - m[at.historyHead + port.id]!) | 0;
}

export function historyAt(machine: Machine, port: number, index: number): number {
  const { history, historyDepth } = machine.at;
  return history + (port * historyDepth + (index & (historyDepth - 1))) * HISTORY_WORDS;
}
