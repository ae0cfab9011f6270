/**
 * Empties a stopped domain: every event that is inside, exactly once.
 *
 * Runs on: the scheduler, when the rings have been fenced and taken in.
 * In three steps, so that a scheduler that dies in between leaves what a recovery needs: the events
 * are listed; nothing is counted any more; and when somebody else has the list, memory forgets them.
 */
import { OP_MASK, OPAQUE_SHIFT, QE_WORDS } from '../eventdev/event.js';
import type { Machine } from './machine.js';
import { walkPort, walkQueue } from './walk-events.js';

/** What a callback sees of a second word: no implOpaque, and op NEW. */
const SHOWN = ((1 << OPAQUE_SHIFT) - 1) & ~OP_MASK;

/** All events of a domain, those that were handed out first, and where they were. */
export interface Listed {
  /** Four words each. */
  readonly events: Int32Array;
  /** How many each port held, and how many waited on each queue; pieces are counted with their event, or with its place in a
   *  window. */
  readonly byPort: readonly number[];
  readonly byQueue: readonly number[];
}

/** Lists what is inside, and changes nothing. */
export function listAll(machine: Machine): Listed {
  const parts: number[] = [];
  const see = (entry: number): void => void parts.push(entry);
  const count = (walk: () => void): number => {
    const before = parts.length;
    walk();
    return parts.length - before;
  };
  const byPort = machine.ports.map((port) => count(() => walkPort(machine, port, see)));
  const byQueue = machine.queues.map(() => 0);
  for (const queue of machine.ranked) {
    byQueue[queue.id] = count(() => walkQueue(machine, queue, see));
  }
  const events = new Int32Array(parts.length * QE_WORDS);
  parts.forEach((entry, i) => putEvent(machine.m, entry, events, i * QE_WORDS));
  return { events, byPort, byQueue };
}

/** Copies an event as callbacks are given it. */
export function putEvent(from: Int32Array, entry: number, out: Int32Array, to: number): void {
  out[to] = from[entry]!;
  out[to + 1] = from[entry + 1]! & SHOWN;
  out[to + 2] = from[entry + 2]!;
  out[to + 3] = from[entry + 3]!;
}

/** Zeroes what counts events. */
export function countNone(machine: Machine): void {
  const { m, at } = machine;
  for (const port of machine.ports) {
    port.historyHead = port.historyTail;
    port.holes = 0;
  }
  for (const queue of machine.queues) {
    for (const lane of queue.lanes) lane.levels = 0;
    queue.levels = 0;
    queue.levelsShown = 0;
  }
  m.fill(0, at.waiting, at.givenEvents);
  machine.free += machine.inside;
  machine.inside = 0;
}

/** Memory forgets all events. */
export function forgetAll(machine: Machine): void {
  const { m, at, plan } = machine;
  for (const lane of machine.lanes) {
    lane.window?.reset();
    lane.ready = false;
    const { flowTable } = at.lanes[lane.index]!;
    if (flowTable >= 0) m.fill(0, flowTable, flowTable + plan.queues[lane.queue.id]!.flows);
  }
  machine.readyCount = 0;
  machine.storage.reset();
  machine.parking.reset();
  machine.resetPieces();
}
