/**
 * Empties a stopped domain: every event that is inside, exactly once.
 *
 * Runs on: the scheduler, when the rings have been fenced and taken in.
 */
import { LEVELS, OPAQUE_SHIFT, QE_WORDS } from '../eventdev/event.js';
import { ENTRY_WORDS, PLACE, WINDOW } from '../memory/scheduler-layout.js';
import { unparkOldest } from './flows.js';
import { completeOldest, heldBy } from './history.js';
import type { Machine, QueueSeat } from './machine.js';

const WITHOUT_OPAQUE = (1 << OPAQUE_SHIFT) - 1;

/** Takes all events out, those that were handed out first, and zeroes what counted them. */
export function flushAll(machine: Machine): Int32Array {
  const out = new Int32Array(machine.inside * QE_WORDS);
  let length = 0;
  const put = (entry: number): void => {
    const { m } = machine;
    out[length] = m[entry]!;
    out[length + 1] = m[entry + 1]! & WITHOUT_OPAQUE;
    out[length + 2] = m[entry + 2]!;
    out[length + 3] = m[entry + 3]!;
    length += QE_WORDS;
  };
  for (const port of machine.ports) {
    while (heldBy(port) > 0) put(completeOldest(machine, port));
  }
  for (const queue of machine.ranked) {
    flushWindow(machine, queue, put);
    for (let level = 0; level < LEVELS; level++) flushLevel(machine, queue, level, put);
    queue.levels = 0;
  }
  machine.readyCount = 0;
  machine.free += machine.inside;
  machine.inside = 0;
  return out;
}

/** Events that wait for an older one; the older ones were held by ports. */
function flushWindow(machine: Machine, queue: QueueSeat, put: (entry: number) => void): void {
  const { window } = queue;
  if (window === null) return;
  for (let i = 0; i < window.used; i++) {
    const place = window.at(i);
    if (machine.m[place + WINDOW.STATE]! === PLACE.EVENT) put(place);
  }
  window.reset();
  queue.ready = false;
}

function flushLevel(
  machine: Machine,
  queue: QueueSeat,
  level: number,
  put: (entry: number) => void,
): void {
  const { parking, storage } = machine;
  const list = queue.id * LEVELS + level;
  for (let node = parking.front(list); node >= 0; node = parking.front(list)) {
    put(node);
    parking.popFront(list);
  }
  // No port holds a flow any more, so all blocked ones are nobody's.
  for (;;) {
    const record = queue.flows === null ? -1 : parking.blocked(queue.id, level, parking.nobody);
    if (record < 0) break;
    put(parking.first(record, level));
    unparkOldest(machine, record, level);
  }
  for (let entry = storage.run(list); entry >= 0; entry = storage.run(list)) {
    const end = storage.runEnd;
    for (; entry < end; entry += ENTRY_WORDS) put(entry);
    storage.drop(list, end);
  }
}
