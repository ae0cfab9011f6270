/**
 * Start, stop and close of a domain.
 *
 * Runs on: the scheduler, at a pass boundary.
 * A stop (api.md): NEW is refused, delivery ends, completions are taken until every attached port
 * is quiet or the grace is over; then the epoch rises, and what is left anywhere is flushed.
 */
import { controlWord, STATE } from '../memory/domain-state.js';
import { HEADER, PORT } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { observe, publish } from '#words';
import { cqUsed } from './cq-room.js';
import { revoke, splitCredits, writeOff } from './credits.js';
import { countNone, listAll } from './flush.js';
import { heldBy } from './history.js';
import { drainWindows } from './intake.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import { closeRing, handOver } from './ownership.js';

export function start(machine: Machine): void {
  splitCredits(machine);
  enter(machine, STATE.STARTED);
}

/** First half of a stop. */
export function beginStop(machine: Machine): void {
  enter(machine, STATE.STOPPING);
  // A port that holds no credits can accept no NEW: what it took before is known to the last one.
  for (const port of machine.ports) revoke(machine, port);
}

/** Whether every attached port has settled what it took. */
export function isQuiet(machine: Machine): boolean {
  for (const port of machine.ports) {
    if (
      port.live &&
      observe(machine.words, port.at + PORT.OWNER) !== 0 &&
      !settled(machine, port)
    ) {
      return false;
    }
  }
  return true;
}

/** Second half of a stop. Returns the events that were left, four words each; they are in memory until
 *  `forgetAll`. */
export function finishStop(machine: Machine): Int32Array {
  machine.epoch++;
  enter(machine, STATE.STOPPED);
  machine.checkpoint?.openAll();
  for (const port of machine.ports) {
    handOver(machine, port, port.generation);
    closeRing(machine, port);
    // A thread may have died between counting and publishing.
    machine.words[port.at + PORT.NEW_COUNT] = port.takenNew;
  }
  machine.checkpoint?.commit();
  drainWindows(machine);
  const flushed = listAll(machine);
  countNone(machine);
  for (const port of machine.ports) writeOff(machine, port);
  machine.wishing = false;
  machine.owesCredits = false;
  machine.sinceTurn = 0;
  return flushed;
}

export function close(machine: Machine): void {
  enter(machine, STATE.CLOSED);
}

/** Publishes the state and wakes every thread that waits on a port. */
function enter(machine: Machine, state: number): void {
  machine.state = state;
  // G2 → G1 (port-gate.ts): a port that sees the state is fenced or credited accordingly.
  publish(machine.words, HEADER.CTL, controlWord(machine.epoch, state));
  for (const port of machine.ports) raise(machine.words, port.at + PORT.WAKE);
}

function settled(machine: Machine, port: PortSeat): boolean {
  const undelivered = cqUsed(machine, port);
  return heldBy(port) === undelivered && port.unspent === 0 && port.enqueue.available() === 0;
}
