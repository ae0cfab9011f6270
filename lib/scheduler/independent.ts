/**
 * Completions that name their event: ports with `independentEnqueue`.
 *
 * Runs on: the scheduler. `implOpaque` is the low byte of the event's index in the port's history
 * list, which is never longer than 256: so it is one event's, or nobody's.
 */
import { OPAQUE_MASK, OPAQUE_SHIFT } from '../eventdev/event.js';
import { PORT } from '../memory/layout.js';
import { DOMAIN_COUNTS, PORT_COUNTS } from '../memory/scheduler-layout.js';
import { observe } from '#words';
import { fault } from './faults.js';
import { completeAt, entriesOf, historyAt, isCompleted } from './history.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';

/** Completes the event that an entry's second word names: its offset as from `completeOldest`, or -1
 *  if the port holds no such event. */
export function completeNamed(machine: Machine, port: PortSeat, word1: number): number {
  const index = indexOf(machine, port, word1);
  return index === null ? -1 : completeAt(machine, port, index);
}

/** The entry of the event that a second word names, or -1. */
export function namedEntry(machine: Machine, port: PortSeat, word1: number): number {
  const index = indexOf(machine, port, word1);
  return index === null ? -1 : historyAt(machine, port, index);
}

/** Drops a FORWARD that names no event of its port. A well-meaning port only counts those. */
export function countLost(machine: Machine, port: PortSeat): void {
  fault(machine, port, 'excess-completion', 1);
  machine.stats.addToDomain(DOMAIN_COUNTS.DROPPED, 1);
}

/** Counts those that the port has not sent. */
export function countUnsent(machine: Machine, port: PortSeat): void {
  const at = port.at + PORT.LOST;
  // Mostly there are none: a plain read tells, since the port rang after it counted them.
  if (machine.words[at] === port.lost) return;
  const lost = observe(machine.words, at);
  const fresh = (lost - port.lost) >>> 0;
  port.lost = lost;
  machine.stats.addToPort(port.id, PORT_COUNTS.RX, fresh);
  machine.stats.addToDomain(DOMAIN_COUNTS.RX, fresh);
  machine.stats.addToDomain(DOMAIN_COUNTS.DROPPED, fresh);
  fault(machine, port, 'excess-completion', fresh, fresh);
}

function indexOf(machine: Machine, port: PortSeat, word1: number): number | null {
  const offset = ((word1 >>> OPAQUE_SHIFT) - port.historyHead) & OPAQUE_MASK;
  if (offset >= entriesOf(port)) return null;
  const index = (port.historyHead + offset) | 0;
  return isCompleted(machine, port, index) ? null : index;
}
