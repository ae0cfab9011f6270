/**
 * Empties a stopped domain: every event that is inside, exactly once.
 *
 * Runs on: the scheduler, when the rings have been fenced and taken in.
 * In three steps, so that a scheduler that dies in between leaves what a recovery needs: the events
 * are listed; nothing is counted any more; and when somebody else has the list, memory forgets them.
 */
import { OP_MASK, OPAQUE_SHIFT, QE_WORDS } from '../eventdev/event.js';
import type { Machine } from './machine.js';
import { walkEvents } from './walk-events.js';

/** What a callback sees of a second word: no implOpaque, and op NEW. */
const SHOWN = ((1 << OPAQUE_SHIFT) - 1) & ~OP_MASK;

/** All events, four words each, those that were handed out first. */
export function listAll(machine: Machine): Int32Array {
  const out = new Int32Array(machine.inside * QE_WORDS);
  let length = 0;
  walkEvents(machine, (entry) => {
    putEvent(machine.m, entry, out, length);
    length += QE_WORDS;
  });
  return out;
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
