/**
 * From queues to CQs: the decision, as late as it can be made.
 *
 * Runs on:   the scheduler, once per pass.
 * Algorithm: event_sw's schedule step (queues by priority, then the most urgent level, then by
 *            type), with blocked flows parked instead of put back: no event is looked at twice
 *            while it waits (contract C6).
 */
import { LEVELS } from '../eventdev/event.js';
import { ENTRY_WORDS, NODE, QUEUE_COUNTS } from '../memory/scheduler-layout.js';
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

/** The most urgent level first, until no port has room. */
function deliverQueue(machine: Machine, queue: QueueSeat, tier: number): number {
  let sent = 0;
  for (let levels = queue.levels; levels !== 0; levels &= levels - 1) {
    if (openPorts(queue, tier) === 0) break;
    const level = 31 - Math.clz32(levels & -levels);
    const list = queue.id * LEVELS + level;
    sent +=
      queue.type === 'atomic'
        ? deliverBlocked(machine, queue, level, tier) + deliverAtomic(machine, queue, list, tier)
        : deliverFront(machine, queue, list, tier) + deliverSpread(machine, queue, list, tier);
    if (isEmpty(machine, list)) queue.levels &= ~(1 << level);
  }
  if (sent > 0) settleServed(machine, queue);
  return sent;
}

function isEmpty(machine: Machine, list: number): boolean {
  return machine.parking.waiting[list]! === 0 && machine.storage.run(list) < 0;
}

/** Notes which ports hold how much more of the queue, and that their CQs are to be published. */
function settleServed(machine: Machine, queue: QueueSeat): void {
  const { m, at, ports } = machine;
  let sent = 0;
  for (let i = 0; i < queue.ports.length; i++) {
    const port = queue.ports[i]!;
    if (port.served === 0) continue;
    const held = at.heldEvents + queue.id * ports.length + port.id;
    m[held] = m[held]! + port.served;
    sent += port.served;
    port.served = 0;
    if (port.id < 32) machine.touchedLow |= 1 << port.id;
    else machine.touchedHigh |= 1 << (port.id - 32);
  }
  machine.stats.addToQueue(queue.id, QUEUE_COUNTS.TX, sent);
}

/** Atomic events that wait in order. Those whose flow is held elsewhere are parked. */
function deliverAtomic(machine: Machine, queue: QueueSeat, list: number, tier: number): number {
  const { m, storage, ports } = machine;
  const table = queue.flows!;
  let open = openPorts(queue, tier);
  let sent = 0;
  while (open > 0) {
    let entry = storage.run(list);
    if (entry < 0) break;
    const end = storage.runEnd;
    for (; entry < end && open > 0; entry += ENTRY_WORDS) {
      const slot = table.slotOf(m[entry]!);
      let flow = m[slot]!;
      let port: PortSeat;
      if (flow === 0) {
        port = roomiestPort(queue, tier)!;
        flow = pin(machine, queue, slot, port);
      } else {
        port = ports[(flow & HELD_BY) - 1]!;
        // A flow with parked events may be held by nobody: then `port` is no port at all.
        if ((flow & PARKED) !== 0 || !takesPart(queue, port, tier)) {
          parkEntry(machine, queue, slot, entry);
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
function deliverBlocked(machine: Machine, queue: QueueSeat, level: number, tier: number): number {
  const { parking } = machine;
  if (parking.waiting[queue.id * LEVELS + level]! === 0) return 0;
  let sent = 0;
  for (;;) {
    const record = parking.blocked(queue.id, level, parking.nobody);
    if (record < 0) break;
    const port = roomiestPort(queue, tier);
    if (port === null) return sent;
    pin(machine, queue, parking.flowOf(record), port);
    deliverParked(machine, record, level, port);
    sent++;
  }
  for (let i = 0; i < queue.ports.length; i++) {
    const port = queue.ports[i]!;
    while (takesPart(queue, port, tier)) {
      const record = parking.blocked(queue.id, level, port.id);
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

/** Events that had left the queue before and lost their port: they keep their place. */
function deliverFront(machine: Machine, queue: QueueSeat, list: number, tier: number): number {
  const { m, parking } = machine;
  if (parking.waiting[list]! === 0) return 0;
  let sent = 0;
  for (;;) {
    const node = parking.front(list);
    if (node < 0) return sent;
    const port = nextPort(queue, tier);
    if (port === null) return sent;
    deliver(machine, port, node, -1, m[node + NODE.PLACE]!);
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
    const first = storage.run(list);
    if (first < 0) return sent;
    const end = storage.runEnd;
    let entry = first;
    for (; entry < end; entry += ENTRY_WORDS) {
      if (window !== null && window.full) break;
      const port = nextPort(queue, tier);
      if (port === null) break;
      deliver(machine, port, entry, -1, window === null ? -1 : window.take());
      sent++;
    }
    storage.drop(list, entry);
    if (entry < end) return sent;
  }
}
