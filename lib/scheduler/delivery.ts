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
import { count } from '../memory/wide-counter.js';
import { HELD_BY, ONE_EVENT, PARKED } from './flow-table.js';
import { parkEntry, pin, unparkOldest } from './flows.js';
import { deliver } from './history.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane, QueueSeat } from './queue-seat.js';
import { ALL_TIERS, nextPort, openPorts, roomiestPort, takesPart } from './placement.js';

/** More than any pass delivers. A small integer: numbers beyond are allocated when passed on. */
const NO_LIMIT = 0x3fff_ffff;

/**
 * Delivers all that can go. Returns how many events went.
 * As long as events are left waiting, every so many go to the next list that has any, by turns: so a
 * less urgent one still progresses (contract C5), by default at the share that a DLB gives.
 */
export function deliverAll(machine: Machine): number {
  const { tiers } = machine;
  const { turnEvery } = machine.plan;
  let sent = turnEvery > 0 && machine.sinceTurn >= turnEvery ? giveTurn(machine) : 0;
  if (tiers === 1) sent += deliverTier(machine, ALL_TIERS, NO_LIMIT);
  else for (let tier = 0; tier < tiers; tier++) sent += deliverTier(machine, tier, NO_LIMIT);
  machine.sinceTurn = mostUrgent(machine) >= 0 ? machine.sinceTurn + sent : 0;
  return sent;
}

/** One event of the next list, in the order of queues and levels, that has one that can go. Not of
 *  the most urgent one: that goes first anyway. */
function giveTurn(machine: Machine): number {
  const lists = machine.queues.length * LEVELS;
  const first = mostUrgent(machine);
  machine.sinceTurn = 0;
  for (let tried = 0; tried < lists; tried++) {
    machine.lastTurn = (machine.lastTurn + 1) % lists;
    const queue = machine.queues[Math.floor(machine.lastTurn / LEVELS)]!;
    const level = machine.lastTurn % LEVELS;
    if (machine.lastTurn === first || (queue.levels & (1 << level)) === 0) continue;
    if (deliverQueue(machine, queue, ALL_TIERS, 1, 1 << level) > 0) return 1;
  }
  return 0;
}

/** The list that goes first, as queue * LEVELS + level; -1 if no event waits. */
function mostUrgent(machine: Machine): number {
  const { ranked } = machine;
  for (let i = 0; i < ranked.length; i++) {
    const { id, levels } = ranked[i]!;
    if (levels !== 0) return id * LEVELS + 31 - Math.clz32(levels & -levels);
  }
  return -1;
}

function deliverTier(machine: Machine, tier: number, most: number): number {
  if (machine.isWeighted) return deliverClasses(machine, tier);
  const { ranked } = machine;
  let sent = 0;
  for (let i = 0; i < ranked.length; i++) {
    const queue = ranked[i]!;
    if (queue.levels !== 0) sent += deliverQueue(machine, queue, tier, most, queue.levels);
  }
  return sent;
}

/** Classes of equal priority, in which queues have their shares. */
function deliverClasses(machine: Machine, tier: number): number {
  let sent = 0;
  for (const each of machine.classes) {
    sent += each.serve((queue, most) => deliverQueue(machine, queue, tier, most, queue.levels));
  }
  return sent;
}

/** Of these levels the most urgent first, until `most` went or no port has room. */
function deliverQueue(
  machine: Machine,
  queue: QueueSeat,
  tier: number,
  most: number,
  from: number,
): number {
  let sent = 0;
  for (let levels = from; levels !== 0 && sent < most; levels &= levels - 1) {
    if (openPorts(queue, tier) === 0) break;
    const level = 31 - Math.clz32(levels & -levels);
    sent += deliverLevel(machine, queue, level, tier, most - sent);
  }
  if (sent > 0) settleServed(machine, queue);
  return sent;
}

/** Lanes of a queue that have events on this level take turns at going first. */
function deliverLevel(
  machine: Machine,
  queue: QueueSeat,
  level: number,
  tier: number,
  most: number,
): number {
  const { lanes } = queue;
  const bit = 1 << level;
  const first = queue.turn;
  let sent = 0;
  let left = 0;
  for (let i = 0; i < lanes.length; i++) {
    const lane = lanes[(first + i) % lanes.length]!;
    if ((lane.levels & bit) !== 0) sent += deliverLane(machine, lane, level, tier, most - sent);
    left |= lane.levels & bit;
  }
  if (lanes.length > 1) queue.turn = (first + 1) % lanes.length;
  if (left === 0) queue.levels &= ~bit;
  return sent;
}

function deliverLane(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  let sent;
  if (lane.flows !== null) {
    sent = deliverBlocked(machine, lane, level, tier, most);
    sent += deliverAtomic(machine, lane, level, tier, most - sent);
    // A flow that was blocked on a less urgent level has moved to this one by a new event.
    sent += deliverBlocked(machine, lane, level, tier, most - sent);
  } else {
    sent = deliverFront(machine, lane, level, tier, most);
    sent += deliverSpread(machine, lane, level, tier, most - sent);
  }
  if (isEmpty(machine, lane.list + level)) lane.levels &= ~(1 << level);
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
    const given = at.givenEvents + (queue.id * ports.length + port.id) * 2;
    count(m, given, port.served);
    sent += port.served;
    port.served = 0;
    if (port.id < 32) machine.touchedLow |= 1 << port.id;
    else machine.touchedHigh |= 1 << (port.id - 32);
  }
  machine.stats.addToQueue(queue.id, QUEUE_COUNTS.TX, sent);
}

/** Atomic events that wait in order. Those whose flow is held elsewhere are parked. */
function deliverAtomic(
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
function deliverBlocked(
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

/** Events that had left the queue before and lost their port: they keep their place. */
function deliverFront(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  const { m, parking } = machine;
  const list = lane.list + level;
  if (parking.waiting[list]! === 0) return 0;
  let sent = 0;
  while (sent < most) {
    const node = parking.front(list);
    if (node < 0) return sent;
    const port = nextPort(lane.queue, tier);
    if (port === null) return sent;
    deliver(machine, port, node, -1, m[node + NODE.PLACE]!);
    parking.popFront(list);
    sent++;
  }
  return sent;
}

/** Parallel, ordered and directed events: round robin over the ports with room. */
function deliverSpread(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  const { m, storage } = machine;
  const { queue, window } = lane;
  const list = lane.list + level;
  let sent = 0;
  while (sent < most) {
    const first = storage.run(list);
    if (first < 0) return sent;
    const end = storage.runEnd;
    let entry = first;
    for (; entry < end && sent < most; entry += ENTRY_WORDS) {
      if (window !== null && window.full) break;
      const port = nextPort(queue, tier);
      if (port === null) break;
      deliver(machine, port, entry, -1, window === null ? -1 : window.take(m[entry]!));
      sent++;
    }
    storage.drop(list, entry);
    if (entry < end) return sent;
  }
  return sent;
}
