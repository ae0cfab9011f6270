/** Every event that was taken in and is inside, wherever it is. */
import { LEVELS } from '../eventdev/event.js';
import { HISTORY, NODE, PLACE, WINDOW } from '../memory/scheduler-layout.js';
import { entriesOf, historyAt, isCompleted } from './history.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane, QueueSeat } from './queue-seat.js';

/**
 * Calls `see` with the offset of every event: those that were handed out first, then queue by queue, the
 * most urgent first; of an atomic flow, in order. Writes nothing.
 */
export function walkEvents(machine: Machine, see: (entry: number) => void): void {
  for (const port of machine.ports) walkPort(machine, port, see);
  for (const queue of machine.ranked) walkQueue(machine, queue, see);
}

/** What a port holds, oldest first, each with its pieces since its last renewal. */
export function walkPort(machine: Machine, port: PortSeat, see: (entry: number) => void): void {
  const { pieces } = machine;
  for (let i = 0; i < entriesOf(port); i++) {
    const index = (port.historyHead + i) | 0;
    if (isCompleted(machine, port, index)) continue;
    const entry = historyAt(machine, port, index);
    see(entry);
    pieces?.each(entry + HISTORY.PIECES, see);
  }
}

/** What waits on a queue, and in its windows. */
export function walkQueue(machine: Machine, queue: QueueSeat, see: (entry: number) => void): void {
  for (const lane of queue.lanes) walkLane(machine, lane, see);
}

function walkLane(machine: Machine, lane: Lane, see: (entry: number) => void): void {
  const { m, parking, pieces, storage } = machine;
  lane.window?.each((place) => {
    pieces?.each(place + WINDOW.PIECES, see);
    if (m[place + WINDOW.STATE]! === PLACE.EVENT) see(place);
  });
  // Before the others of their flows.
  if (lane.flows !== null) parking.eachBlocked(lane.index, see);
  for (let level = 0; level < LEVELS; level++) {
    const list = lane.list + level;
    for (let node = parking.front(list); node >= 0; node = m[node + NODE.NEXT]!) see(node);
    storage.each(list, see);
  }
}
