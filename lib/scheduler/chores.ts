/**
 * What comes up seldom, and waits until all rings have been taken in.
 *
 * Runs on: the scheduler, in a pass, before it delivers.
 */
import { noteCut } from './faults.js';
import { CHORE } from './machine.js';
import type { Machine } from './machine.js';
import { closeGaps, hasGaps } from './names.js';
import { hold } from './ownership.js';
import { settleSlots } from './slots.js';

export function doChores(machine: Machine): void {
  const { chores } = machine;
  machine.chores = 0;
  if ((chores & CHORE.CUT_OFF) !== 0) cutOffFaulty(machine);
  if ((chores & CHORE.SLOTS) !== 0) settleSlots(machine);
  // Last: what is above may ask for it.
  if (((chores | machine.chores) & CHORE.GAPS) !== 0) closeAllGaps(machine);
}

/** The checkpoint tells what rings have completed so far: no recovery needs what was completed before. */
function closeAllGaps(machine: Machine): void {
  machine.chores &= ~CHORE.GAPS;
  for (const port of machine.ports) {
    if (hasGaps(port)) closeGaps(machine, port, port.names!);
  }
}

/** Cuts off the ports that have made too many faults. */
function cutOffFaulty(machine: Machine): void {
  for (const port of machine.ports) {
    if (!port.isCut || port.faults === 0) continue;
    noteCut(machine, port);
    hold(machine, port, true);
  }
}
