/**
 * The states of a domain; how it gets out of 'started' is reset.ts.
 *
 * Runs on: the scheduler, at a pass boundary.
 * A stop (api.md): NEW is refused, delivery ends, completions are taken until every attached port
 * is quiet or the grace is over; then the epoch rises, and what is left anywhere is flushed.
 */
import type { Lent } from '../eventdev/commands.js';
import { controlWord, STATE } from '../memory/domain-state.js';
import { HEADER, PORT } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { observe, publish } from '#words';
import { cqUsed } from './cq-room.js';
import { lendCredits, revoke, splitCredits } from './credits.js';
import { heldBy } from './history.js';
import type { Machine } from './machine.js';
import { lookAt } from './ownership.js';
import type { PortSeat } from './port-seat.js';

export function start(machine: Machine): void {
  machine.withholds = false;
  splitCredits(machine);
  enter(machine, STATE.STARTED);
}

/** As `start`, but until `admit` only ports of this thread have credits, see `lendCredits`. */
export function startFor(machine: Machine, thread: number | null): Lent[] {
  const lent = lendCredits(machine, thread);
  enter(machine, STATE.STARTED);
  return lent;
}

/** What a recovery found has been told: credits are withheld no more. */
export function admit(machine: Machine): void {
  if (!machine.withholds) return;
  machine.withholds = false;
  for (const port of machine.ports) {
    port.isLent = false;
    revoke(machine, port);
  }
  splitCredits(machine);
  // Whoever was refused has left a wish, or sleeps.
  for (const port of machine.ports) {
    lookAt(machine, port);
    raise(machine.words, port.at + PORT.WAKE);
  }
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

/** Gives the domain up: its ports read 'closed', its memory is left as it is. */
export function close(machine: Machine): void {
  enter(machine, STATE.CLOSED);
}

/** Publishes the state and wakes every thread that waits on a port. */
export function enter(machine: Machine, state: number): void {
  machine.state = state;
  // G2 → G1 (port-gate.ts): a port that sees the state is fenced or credited accordingly.
  publish(machine.words, HEADER.CTL, controlWord(machine.epoch, state));
  for (const port of machine.ports) raise(machine.words, port.at + PORT.WAKE);
}

function settled(machine: Machine, port: PortSeat): boolean {
  const undelivered = cqUsed(machine, port);
  return heldBy(port) === undelivered && port.unspent === 0 && port.enqueue.available() === 0;
}
