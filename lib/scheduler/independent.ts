/**
 * Completions that name their event: ports with `independentEnqueue`.
 *
 * Runs on: the scheduler. A name is one open event's, or nobody's: see names.ts.
 */
import { PORT } from '../memory/layout.js';
import { DOMAIN_COUNTS, PORT_COUNTS } from '../memory/scheduler-layout.js';
import { observe } from '#words';
import { fault } from './faults.js';
import { completeEntry } from './history.js';
import type { Machine } from './machine.js';
import { namedAt } from './names.js';
import type { PortSeat } from './port-seat.js';

/** Completes the event that the one at `from` names: its offset as from `completeOldest`, or -1 if the port
 *  holds no such event. */
export function completeNamed(
  machine: Machine,
  port: PortSeat,
  source: Int32Array,
  from: number,
): number {
  const entry = namedAt(machine, port, port.names!, source, from);
  return entry < 0 ? -1 : completeEntry(machine, port, entry);
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
