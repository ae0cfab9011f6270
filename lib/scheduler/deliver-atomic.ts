/**
 * Atomic events: each goes to the port that holds its flow, or is parked.
 *
 * Runs on: the scheduler, for one level of a lane at a time.
 */
import { ENTRY_WORDS } from '../memory/scheduler-layout.js';
import { HELD_BY, ONE_EVENT, PARKED } from './flow-table.js';
import { parkEntry, pin, unparkOldest } from './flows.js';
import { deliver } from './history.js';
import type { Machine } from './machine.js';
import { openPorts, roomiestPort, takesPart } from './placement.js';
import type { PortSeat } from './port-seat.js';
import type { Lane } from './queue-seat.js';

/** Atomic events that wait in order. Those whose flow is held elsewhere are parked. */
export function deliverAtomic(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  const { m, storage, ports } = machine;
  const { queue } = lane;
  const table = lane.flows!;
  const list = lane.list + level;
  let open = openPorts(queue, tier);
  let sent = 0;
  while (open > 0 && sent < most) {
    let entry = storage.run(list);
    if (entry < 0) break;
    const end = storage.runEnd;
    for (; entry < end && open > 0 && sent < most; entry += ENTRY_WORDS) {
      const slot = table.slotOf(m[entry]!);
      let flow = m[slot]!;
      let port: PortSeat;
      if (flow === 0) {
        port = roomiestPort(queue, tier)!;
        flow = pin(machine, lane, slot, port);
      } else {
        port = ports[(flow & HELD_BY) - 1]!;
        // A flow with parked events may be held by nobody: then `port` is no port at all.
        if ((flow & PARKED) !== 0 || !takesPart(queue, port, tier)) {
          parkEntry(machine, lane, slot, entry);
          continue;
        }
      }
      m[slot] = flow + ONE_EVENT;
      deliver(machine, port, entry, slot, -1);
      sent++;
      if (port.room === 0) open--;
    }
    storage.drop(list, entry);
  }
  return sent;
}

/** Blocked flows of a level that can move now: first those that nobody holds, then per port. */
export function deliverBlocked(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  const { parking } = machine;
  const { queue } = lane;
  if (parking.waiting[lane.list + level]! === 0) return 0;
  let sent = 0;
  while (sent < most) {
    const record = parking.blocked(lane.index, level, parking.nobody);
    if (record < 0) break;
    const port = roomiestPort(queue, tier);
    if (port === null) return sent;
    pin(machine, lane, parking.flowOf(record), port);
    deliverParked(machine, record, level, port);
    sent++;
  }
  for (let i = 0; i < queue.ports.length; i++) {
    const port = queue.ports[i]!;
    while (sent < most && takesPart(queue, port, tier)) {
      const record = parking.blocked(lane.index, level, port.id);
      if (record < 0) break;
      deliverParked(machine, record, level, port);
      sent++;
    }
  }
  return sent;
}

/** The oldest event of a blocked flow; the flow then goes behind the others. */
function deliverParked(machine: Machine, record: number, level: number, port: PortSeat): void {
  const { m, parking } = machine;
  const slot = parking.flowOf(record);
  m[slot] = m[slot]! + ONE_EVENT;
  deliver(machine, port, parking.first(record, level), slot, -1);
  unparkOldest(machine, record, level);
}
