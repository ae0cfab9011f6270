/**
 * From queues to CQs: the decision, as late as it can be made.
 *
 * Runs on:   the scheduler, once per pass.
 * Algorithm: event_sw's schedule step (queues by priority, then the most urgent level, then by
 *            type), with blocked flows parked instead of put back: no event is looked at twice
 *            while it waits (contract C6).
 */
import { LEVELS } from '../eventdev/event.js';
import { NODE, QUEUE_COUNTS } from '../memory/scheduler-layout.js';
import { HELD_BY, ONE_EVENT, PARKED } from './flow-table.js';
import { parkEntry, pin, unparkOldest } from './flows.js';
import { deliver } from './history.js';
import type { Machine, PortSeat, QueueSeat } from './machine.js';
import { ALL_TIERS, nextPort, openPorts, roomiestPort, takesPart } from './placement.js';

/** Delivers all that can go. Returns how many events went. */
export function deliverAll(machine: Machine): number {
  const { tiers } = machine;
  if (tiers.length <= 1) return deliverTier(machine, ALL_TIERS);
  let sent = 0;
  for (let i = 0; i < tiers.length; i++) sent += deliverTier(machine, tiers[i]!);
  return sent;
}

function deliverTier(machine: Machine, tier: number): number {
  const { ranked } = machine;
  let sent = 0;
  for (let i = 0; i < ranked.length; i++) {
    const queue = ranked[i]!;
    if (queue.levels !== 0) sent += deliverQueue(machine, queue, tier);
  }
  return sent;
}

function deliverQueue(machine: Machine, queue: QueueSeat, tier: number): number {
  let open = openPorts(queue, tier);
  let levels = queue.levels;
  let sent = 0;
  while (levels !== 0 && open > 0) {
    const level = 31 - Math.clz32(levels & -levels);
    levels &= levels - 1;
    const list = queue.id * LEVELS + level;
    const moved =
      queue.type === 'atomic'
        ? deliverBlocked(machine, queue, level, tier) + deliverAtomic(machine, queue, list, tier)
        : deliverFront(machine, queue, list, tier) + deliverSpread(machine, queue, list, tier);
    if (moved === 0) continue;
    settleLevel(machine, queue, level, moved);
    sent += moved;
    open = openPorts(queue, tier);
  }
  if (sent > 0) machine.stats.addToQueue(queue.id, QUEUE_COUNTS.TX, sent);
  return sent;
}

/** Keeps the count of waiting events and the level's bit. */
function settleLevel(machine: Machine, queue: QueueSeat, level: number, moved: number): void {
  const at = machine.at.waiting + queue.id * LEVELS + level;
  const left = machine.m[at]! - moved;
  machine.m[at] = left;
  if (left === 0) queue.levels &= ~(1 << level);
}

/** Atomic events that wait in order. Those whose flow is held elsewhere are parked. */
function deliverAtomic(machine: Machine, queue: QueueSeat, list: number, tier: number): number {
  const { m, storage, ports } = machine;
  const table = queue.flows!;
  let open = openPorts(queue, tier);
  let sent = 0;
  while (open > 0) {
    const entry = storage.oldest(list);
    if (entry < 0) break;
    const slot = table.slotOf(m[entry]!);
    const flow = m[slot]!;
    let port: PortSeat;
    if (flow === 0) {
      port = roomiestPort(queue, tier)!;
      pin(machine, queue, slot, port);
    } else {
      port = ports[(flow & HELD_BY) - 1]!;
      // A flow with parked events may be held by nobody: then `port` is no port at all.
      if ((flow & PARKED) !== 0 || !takesPart(queue, port, tier)) {
        parkEntry(machine, queue, slot, entry);
        storage.drop(list);
        continue;
      }
    }
    m[slot] = m[slot]! + ONE_EVENT;
    send(machine, port, queue.id, entry, slot, -1);
    storage.drop(list);
    sent++;
    if (port.room === 0) open--;
  }
  return sent;
}

/** Blocked flows of a level that can move now: first those that nobody holds, then per port. */
function deliverBlocked(machine: Machine, queue: QueueSeat, level: number, tier: number): number {
  const { parking } = machine;
  let sent = 0;
  for (;;) {
    const record = parking.blocked(queue.id, level, parking.nobody);
    if (record < 0) break;
    const port = roomiestPort(queue, tier);
    if (port === null) return sent;
    sendParked(machine, queue, record, level, port, true);
    sent++;
  }
  for (let i = 0; i < queue.ports.length; i++) {
    const port = queue.ports[i]!;
    while (takesPart(queue, port, tier)) {
      const record = parking.blocked(queue.id, level, port.id);
      if (record < 0) break;
      sendParked(machine, queue, record, level, port, false);
      sent++;
    }
  }
  return sent;
}

function sendParked(
  machine: Machine,
  queue: QueueSeat,
  record: number,
  level: number,
  port: PortSeat,
  idle: boolean,
): void {
  const { m, parking } = machine;
  const slot = parking.flowOf(record);
  if (idle) pin(machine, queue, slot, port);
  m[slot] = m[slot]! + ONE_EVENT;
  send(machine, port, queue.id, parking.first(record, level), slot, -1);
  unparkOldest(machine, record, level);
}

/** Events that had left the queue before and lost their port: they keep their place. */
function deliverFront(machine: Machine, queue: QueueSeat, list: number, tier: number): number {
  const { m, parking } = machine;
  let sent = 0;
  for (;;) {
    const node = parking.front(list);
    if (node < 0) return sent;
    const port = nextPort(queue, tier);
    if (port === null) return sent;
    send(machine, port, queue.id, node, -1, m[node + NODE.PLACE]!);
    parking.popFront(list);
    sent++;
  }
}

/** Parallel, ordered and directed events: round robin over the ports with room. */
function deliverSpread(machine: Machine, queue: QueueSeat, list: number, tier: number): number {
  const { storage } = machine;
  const { window } = queue;
  let sent = 0;
  for (;;) {
    const entry = storage.oldest(list);
    if (entry < 0 || (window !== null && window.full)) return sent;
    const port = nextPort(queue, tier);
    if (port === null) return sent;
    send(machine, port, queue.id, entry, -1, window === null ? -1 : window.take());
    storage.drop(list);
    sent++;
  }
}

function send(
  machine: Machine,
  port: PortSeat,
  queue: number,
  entry: number,
  slot: number,
  place: number,
): void {
  deliver(machine, port, queue, entry, slot, place);
  if (port.id < 32) machine.touchedLow |= 1 << port.id;
  else machine.touchedHigh |= 1 << (port.id - 32);
}
