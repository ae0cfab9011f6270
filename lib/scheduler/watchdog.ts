/**
 * CQs that nobody services.
 *
 * Runs on: the scheduler, a few times a second and between two passes. What a look finds is compared with
 * the one before, so an alert comes up to one look late, and never early.
 */
import { STATE } from '../memory/domain-state.js';
import { cqUsed } from './cq-room.js';
import type { Machine } from './machine.js';
import { WATCHED } from './port-seat.js';
import type { PortSeat } from './port-seat.js';

/** Between two looks, in milliseconds: as long as a scheduler worker parks at most. */
export const WATCH_MS = 100;

/** Raises an alert for each port that has not taken anything from its CQ for too long. */
export function watch(machine: Machine): void {
  const { watchdogMs } = machine.plan;
  if (watchdogMs === 0 || machine.state !== STATE.STARTED) return;
  for (const port of machine.ports) watchPort(machine, port, watchdogMs);
}

function watchPort(machine: Machine, port: PortSeat, watchdogMs: number): void {
  const used = cqUsed(machine, port);
  // Impossible indices are looked at when the port is visited.
  if (used <= 0 || used > port.cq.layout.depth) {
    port.watched = WATCHED.EMPTY;
    return;
  }
  // Follows the head: it has been looked at just now.
  const head = port.cqStart;
  if (port.watched === WATCHED.EMPTY || port.watchedHead !== head) {
    port.watched = WATCHED.WAITING;
    port.watchedHead = head;
    port.watchedAt = machine.clock;
    return;
  }
  if (port.watched === WATCHED.TOLD) return;
  if (((machine.clock - port.watchedAt) | 0) < watchdogMs) return;
  port.watched = WATCHED.TOLD;
  machine.alerts.raise('watchdog', port.id, used);
}
