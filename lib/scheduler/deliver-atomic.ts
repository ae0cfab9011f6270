/**
 * Atomic events: each goes to the port that holds its flow, or is parked.
 *
 * Runs on: the scheduler, for one level of a lane at a time. A run of events is decided first, then
 * given port by port: two short loops are faster than one that does both.
 */
import { CHUNK_ENTRIES, ENTRY_WORDS } from '../memory/scheduler-layout.js';
import { foldFlow, HELD_BY, ONE_EVENT, PARKED } from './flow-table.js';
import { parkEntry, pin, unparkOldest } from './flows.js';
import { deliver, deliverPicked } from './give.js';
import type { Machine } from './machine.js';
import { PICK_WORDS, PICKS_WORDS } from './picks.js';
import { roomiestPort, takesPart } from './placement.js';
import type { PortSeat } from './port-seat.js';
import type { Lane, QueueSeat } from './queue-seat.js';

/** Atomic events that wait in order. Those whose flow is held elsewhere are parked. */
export function deliverAtomic(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  const { storage } = machine;
  const { queue } = lane;
  const list = lane.list + level;
  let open = showRooms(machine, queue, tier);
  let sent = 0;
  while (open > 0 && sent < most) {
    const first = storage.run(list);
    if (first < 0) break;
    const last = first + (most - sent) * ENTRY_WORDS;
    const end = last < storage.runEnd ? last : storage.runEnd;
    const decide = open === 1 ? decideAlone : decideRun;
    const decided = decide(machine, lane, first, end, open);
    for (let i = 0; i < queue.ports.length; i++) sent += givePicked(machine, queue.ports[i]!);
    // Not before they are where they belong: a scheduler that dies loses nothing.
    storage.drop(list, decided);
    open = openRooms(machine, queue);
  }
  hideRooms(machine, queue);
  return sent;
}

/** Writes the room of the ports that take part into `rooms`. Returns how many have some. */
function showRooms({ rooms }: Machine, queue: QueueSeat, tier: number): number {
  let open = 0;
  for (let i = 0; i < queue.ports.length; i++) {
    const port = queue.ports[i]!;
    if (!takesPart(queue, port, tier)) continue;
    rooms[port.id] = port.room;
    open++;
  }
  return open;
}

function openRooms({ rooms }: Machine, { order }: QueueSeat): number {
  let open = 0;
  for (let i = 0; i < order.length; i++) if (rooms[order[i]!]! > 0) open++;
  return open;
}

function hideRooms({ rooms }: Machine, { order }: QueueSeat): void {
  for (let i = 0; i < order.length; i++) rooms[order[i]!] = 0;
}

/**
 * Decides the entries from `entry` to `end`, while one of the `open` ports has room: picks a port for
 * each, or parks it. Returns where it ended.
 */
function decideRun(machine: Machine, lane: Lane, entry: number, end: number, open: number): number {
  const { m, rooms, picked, picks, at } = machine;
  const { queue } = lane;
  const { order } = queue;
  const { table, mask } = lane.flows!;
  const pinned = at.pinnedFlows + queue.id * machine.ports.length;
  // No port has more room than this; the one whose turn it is mostly has as much.
  let most = mostRoom(rooms, order);
  let next = queue.next;
  for (; entry < end && open > 0; entry += ENTRY_WORDS) {
    const slot = table + foldFlow(m[entry]!, mask);
    const flow = m[slot]!;
    let port: number;
    if (flow === 0) {
      do {
        if (next >= order.length) next = 0;
        port = order[next++]!;
      } while (rooms[port] === 0);
      if (rooms[port]! < most) {
        most = mostRoom(rooms, order);
        if (rooms[port]! < most) port = firstWith(rooms, order, most);
      }
      m[slot] = ONE_EVENT | (port + 1);
      m[pinned + port] = m[pinned + port]! + 1;
    } else {
      port = (flow & HELD_BY) - 1;
      // A flow with parked events may be held by nobody: then `port` is no port at all.
      if ((flow & PARKED) !== 0 || rooms[port] === 0) {
        parkEntry(machine, lane, slot, entry);
        continue;
      }
      m[slot] = flow + ONE_EVENT;
    }
    const count = picked[port]!;
    picked[port] = count + 1;
    const pick = port * PICKS_WORDS + count * PICK_WORDS;
    picks[pick] = entry;
    picks[pick + 1] = slot;
    const room = rooms[port]! - 1;
    rooms[port] = room;
    if (room === 0) open--;
  }
  queue.next = next;
  return entry;
}

/** As `decideRun`, where one port only has room: what is counted stays in registers. */
function decideAlone(machine: Machine, lane: Lane, entry: number, end: number): number {
  const { m, rooms, picks, at } = machine;
  const { queue } = lane;
  const { table, mask } = lane.flows!;
  let turn = 0;
  while (rooms[queue.order[turn]!]! === 0) turn++;
  const port = queue.order[turn]!;
  const first = port * PICKS_WORDS;
  const room = rooms[port]!;
  let idle = 0;
  let count = 0;
  for (; entry < end && count < room; entry += ENTRY_WORDS) {
    const slot = table + foldFlow(m[entry]!, mask);
    const flow = m[slot]!;
    if (flow === 0) {
      m[slot] = ONE_EVENT | (port + 1);
      idle++;
    } else if ((flow & (PARKED | HELD_BY)) === port + 1) {
      m[slot] = flow + ONE_EVENT;
    } else {
      parkEntry(machine, lane, slot, entry);
      continue;
    }
    const pick = first + count * PICK_WORDS;
    picks[pick] = entry;
    picks[pick + 1] = slot;
    count++;
  }
  rooms[port] = room - count;
  machine.picked[port] = count;
  const pinned = at.pinnedFlows + queue.id * machine.ports.length + port;
  m[pinned] = m[pinned]! + idle;
  if (idle > 0) queue.next = turn + 1;
  return entry;
}

function mostRoom(rooms: Int32Array, order: Int32Array): number {
  let most = 0;
  for (let i = 0; i < order.length; i++) {
    const room = rooms[order[i]!]!;
    if (room > most) most = room;
  }
  return most;
}

/** The lowest of the ports that have this much room. */
function firstWith(rooms: Int32Array, order: Int32Array, room: number): number {
  let i = 0;
  while (rooms[order[i]!]! !== room) i++;
  return order[i]!;
}

function givePicked(machine: Machine, port: PortSeat): number {
  const count = machine.picked[port.id]!;
  if (count === 0) return 0;
  machine.picked[port.id] = 0;
  deliverPicked(machine, port, count);
  return count;
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
      const went = deliverHeld(machine, lane, level, port, most - sent);
      if (went === 0) break;
      sent += went;
    }
  }
  return sent;
}

/** Blocked flows that the port holds, as many events as it has room for, `most` and a run at most. */
function deliverHeld(
  machine: Machine,
  lane: Lane,
  level: number,
  port: PortSeat,
  most: number,
): number {
  const { m, parking, picks } = machine;
  const first = port.id * PICKS_WORDS;
  let pick = first;
  let limit = most < port.room ? most : port.room;
  if (limit > CHUNK_ENTRIES) limit = CHUNK_ENTRIES;
  let count = 0;
  for (; count < limit; count++, pick += PICK_WORDS) {
    const record = parking.blocked(lane.index, level, port.id);
    if (record < 0) break;
    const slot = parking.flowOf(record);
    m[slot] = m[slot]! + ONE_EVENT;
    picks[pick] = unparkOldest(machine, record, level);
    picks[pick + 1] = slot;
  }
  if (count === 0) return 0;
  deliverPicked(machine, port, count);
  for (let end = pick, at = first; at < end; at += PICK_WORDS) parking.free(picks[at]!);
  return count;
}

/** The oldest event of a blocked flow; the flow then goes behind the others. */
function deliverParked(machine: Machine, record: number, level: number, port: PortSeat): void {
  const { m, parking } = machine;
  const slot = parking.flowOf(record);
  m[slot] = m[slot]! + ONE_EVENT;
  deliver(machine, port, parking.first(record, level), slot, -1);
  parking.free(unparkOldest(machine, record, level));
}
