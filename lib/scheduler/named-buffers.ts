/**
 * Which payload buffers are named by events: those that outlive the thread that allocated them.
 *
 * Runs on: the scheduler, when it reclaims a port; walks all events inside. Any payload that could
 * be a handle counts as one: a buffer kept needlessly is found by its free, one freed under an
 * event is not.
 */
import { LEVELS } from '../eventdev/event.js';
import { NODE, PLACE, WINDOW } from '../memory/scheduler-layout.js';
import { heldBy, historyAt } from './history.js';
import type { Machine } from './machine.js';

/** A test for handles, made from a walk over the domain as it is now. */
export function namesBuffer(machine: Machine): (handle: number) => boolean {
  const named = new Set<number>();
  walkEvents(machine, (entry) => named.add(machine.m[entry + 2]!));
  return (handle) => named.has(handle);
}

/** Calls `see` with the offset of every accepted event that was taken in. */
export function walkEvents(machine: Machine, see: (entry: number) => void): void {
  const { m, parking, storage } = machine;
  for (const port of machine.ports) {
    for (let i = 0; i < heldBy(port); i++)
      see(historyAt(machine, port, (port.historyHead + i) | 0));
  }
  for (const queue of machine.queues) {
    for (let i = 0; queue.window !== null && i < queue.window.used; i++) {
      const place = queue.window.at(i);
      if (m[place + WINDOW.STATE]! === PLACE.EVENT) see(place);
    }
    for (let level = 0; level < LEVELS; level++) {
      const list = queue.id * LEVELS + level;
      for (let node = parking.front(list); node >= 0; node = m[node + NODE.NEXT]!) see(node);
      storage.each(list, see);
    }
    if (queue.flows !== null) parking.eachBlocked(queue.id, see);
  }
}
