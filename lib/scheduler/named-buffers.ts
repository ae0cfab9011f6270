/**
 * Which payload buffers are named by events: those that outlive the thread that allocated them.
 *
 * Runs on: the scheduler, when it reclaims a port; walks all events inside. Any payload that could
 * be a handle counts as one: a buffer kept needlessly is found by its free, one freed under an
 * event is not.
 */
import { LEVELS, OP, OP_MASK } from '../eventdev/event.js';
import { HISTORY, NODE, PLACE, WINDOW } from '../memory/scheduler-layout.js';
import { entriesOf, historyAt, isCompleted } from './history.js';
import type { Machine } from './machine.js';

/** A test for handles, made from a walk over the domain as it is now. */
export function namesBuffer(machine: Machine): (handle: number) => boolean {
  const named = new Set<number>();
  for (const { enqueue } of machine.ports) {
    // Accepted and not taken in. A hostile tail names nothing.
    const left = enqueue.available();
    if (left > machine.plan.ringDepth) continue;
    for (let i = 0; i < left; i++) {
      const at = enqueue.slot(enqueue.head + i);
      // A RELEASE carries a number, no payload.
      if ((machine.words[at + 1]! & OP_MASK) !== OP.RELEASE) named.add(machine.words[at + 2]!);
    }
  }
  walkEvents(machine, (entry) => named.add(machine.m[entry + 2]!));
  return (handle) => named.has(handle);
}

/** Calls `see` with the offset of every accepted event that was taken in. */
export function walkEvents(machine: Machine, see: (entry: number) => void): void {
  const { m, parking, pieces, storage } = machine;
  for (const port of machine.ports) {
    for (let i = 0; i < entriesOf(port); i++) {
      const index = (port.historyHead + i) | 0;
      if (isCompleted(machine, port, index)) continue;
      const entry = historyAt(machine, port, index);
      see(entry);
      pieces?.each(entry + HISTORY.PIECES, see);
    }
  }
  for (const lane of machine.lanes) {
    lane.window?.each((place) => {
      if (m[place + WINDOW.STATE]! === PLACE.EVENT) see(place);
      pieces?.each(place + WINDOW.PIECES, see);
    });
    for (let level = 0; level < LEVELS; level++) {
      const list = lane.list + level;
      for (let node = parking.front(list); node >= 0; node = m[node + NODE.NEXT]!) see(node);
      storage.each(list, see);
    }
    if (lane.flows !== null) parking.eachBlocked(lane.index, see);
  }
}
