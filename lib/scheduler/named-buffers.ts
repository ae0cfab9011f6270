/**
 * Which payload buffers are named by events: those that outlive the thread that allocated them.
 *
 * Runs on: the scheduler, when it reclaims a port; walks all events inside. Any payload that could
 * be a handle counts as one: a buffer kept needlessly is found by its free, one freed under an
 * event is not.
 */
import { OP, OP_MASK } from '../eventdev/event.js';
import type { Machine } from './machine.js';
import { walkEvents } from './walk-events.js';

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
