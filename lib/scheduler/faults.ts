/**
 * Faults of a port: what its thread must not do. Each is an alert, and who makes too many of them in a
 * second is cut off.
 *
 * Runs on: the scheduler, where it drops or ignores something. A port that is cut off is disabled, as
 * by `disablePort`: `enablePort` lets it back in. Until then its faults are counted where they were
 * before, and raise no alerts, so that it cannot push those of others out of the ring.
 */
import type { AlertKind } from '../eventdev/reports.js';
import { queueIdOf } from './lanes.js';
import { CHORE } from './machine.js';
import type { Machine } from './machine.js';
import { NO_LIMIT } from './port-seat.js';
import type { PortSeat } from './port-seat.js';

/** What the limit is about, in milliseconds. */
const SECOND = 1000;

/** The port made `count` faults of a kind; `aux` as the kind says. */
export function fault(
  machine: Machine,
  port: PortSeat,
  kind: AlertKind,
  aux: number,
  count = 1,
): void {
  if (port.isCut) return;
  machine.alerts.raise(kind, port.id, aux | 0);
  const { faultLimit } = machine.plan;
  if (faultLimit === 0) return;
  const now = machine.readClock();
  if (((now - port.faultsFrom) | 0) >= SECOND || port.faults === 0) {
    port.faultsFrom = now;
    port.faults = 0;
  }
  // What a count in domain memory says may be anything.
  port.faults = Math.min(port.faults + count, NO_LIMIT);
  if (port.faults <= faultLimit) return;
  // Its ring is being taken in: it is cut off when that is done.
  port.isCut = true;
  machine.chores |= CHORE.CUT_OFF;
}

/** The port made faults with an event, given its second word, that has no lane. */
export function faultOfEvent(machine: Machine, port: PortSeat, word1: number, count = 1): void {
  const queue = queueIdOf(word1);
  const kind = queue < machine.queues.length ? 'illegal-enqueue' : 'unknown-queue';
  fault(machine, port, kind, queue, count);
}

/** The port was enabled, and may make faults again. */
export function forgive(machine: Machine, port: PortSeat): void {
  port.isCut = false;
  port.faults = 0;
  machine.m[machine.at.cutOff + port.id] = 0;
}

/** The port is about to be cut off. Noted before anybody learns of it but by the alert: should this scheduler
 *  die, the next one knows. */
export function noteCut(machine: Machine, port: PortSeat): void {
  port.faults = 0;
  machine.alerts.raise('cut-off', port.id, machine.plan.faultLimit);
  machine.m[machine.at.cutOff + port.id] = 1;
}

/** Whether the scheduler before had cut the port off. An enable that it did not answer is asked for again. */
export function resumeCut(machine: Machine, port: PortSeat): boolean {
  port.isCut = machine.m[machine.at.cutOff + port.id] !== 0;
  return port.isCut;
}
