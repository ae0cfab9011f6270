/**
 * The history list: what each port was given and has not completed, oldest first.
 *
 * Runs on: the scheduler. Writes: history rings of scheduler memory.
 * Completion is by position, as in DLB: a FORWARD or RELEASE names no event, it ends the oldest. Only
 * those of an independent port name theirs: see names.ts.
 */
import { QE_WORDS, QUEUE_MASK, QUEUE_SHIFT, RUN_MASK } from '../eventdev/event.js';
import { COMPLETED, HISTORY, HISTORY_WORDS } from '../memory/scheduler-layout.js';
import { ONE_EVENT, PARKED } from './flow-table.js';
import { flowIdle } from './flows.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { QueueSeat } from './queue-seat.js';

const QUEUE_FIELD = QUEUE_MASK << QUEUE_SHIFT;

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

/** Completes the event of an open entry of an independent port. Returns the entry's offset, as
 *  `completeOldest` does. */
export function completeEntry(machine: Machine, port: PortSeat, entry: number): number {
  if (entry === historyAt(machine, port, port.historyHead)) return completeOldest(machine, port);
  const { m, at } = machine;
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

/**
 * Completes up to `most` of the oldest events of a port without holes, which holds as many: those
 * that came from one queue and have no place in a window. Returns how many; an event that is
 * completed otherwise stands behind them, if they are fewer.
 * Given `forwards`, the second word of FORWARD events in the port's ring from index `first` on,
 * completes no more than are in a row there.
 */
export function completeRun(
  machine: Machine,
  port: PortSeat,
  most: number,
  first = 0,
  forwards = 0,
): number {
  const { m, at, words, historyMask } = machine;
  const { slots, mask } = port.enqueue;
  const { history, historyHead } = port;
  const queue = queueOf(machine, historyAt(machine, port, historyHead));
  const from = queue.id << QUEUE_SHIFT;
  let done = 0;
  let idle = 0;
  for (; done < most; done++) {
    const entry = history + ((historyHead + done) & historyMask) * HISTORY_WORDS;
    if ((m[entry + 1]! & QUEUE_FIELD) !== from || m[entry + HISTORY.PLACE]! >= 0) break;
    if (forwards !== 0) {
      const other = words[slots + ((first + done) & mask) * QE_WORDS + 1]!;
      if (((other ^ forwards) & RUN_MASK) !== 0) break;
    }
    const slot = m[entry + HISTORY.FLOW]!;
    if (slot < 0) continue;
    const flow = m[slot]! - ONE_EVENT;
    if (flow >= ONE_EVENT) m[slot] = flow;
    else if ((flow & PARKED) !== 0) flowIdle(machine, queue.atomic!, slot, flow);
    else {
      m[slot] = 0;
      idle++;
    }
  }
  const pair = queue.id * machine.ports.length + port.id;
  m[at.heldEvents + pair] = m[at.heldEvents + pair]! - done;
  m[at.pinnedFlows + pair] = m[at.pinnedFlows + pair]! - idle;
  port.historyHead = (historyHead + done) | 0;
  return done;
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

/** How many events of a queue are in CQs and hands. */
export function heldOf(machine: Machine, queue: QueueSeat): number {
  const ports = machine.ports.length;
  const from = machine.at.heldEvents + queue.id * ports;
  let sum = 0;
  for (let i = 0; i < ports; i++) sum += machine.m[from + i]!;
  return sum;
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
