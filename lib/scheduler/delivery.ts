/**
 * From queues to CQs: the decision, as late as it can be made.
 *
 * Runs on:   the scheduler, once per pass.
 * Algorithm: event_sw's schedule step (queues by priority, then the most urgent level, then by
 *            type), with blocked flows parked instead of put back: no event is looked at twice
 *            while it waits (contract C6).
 */
import { LEVELS } from '../eventdev/event.js';
import { QUEUE_COUNTS } from '../memory/scheduler-layout.js';
import { count } from '../memory/wide-counter.js';
import { deliverAtomic, deliverBlocked } from './deliver-atomic.js';
import { deliverFront, deliverSpread } from './deliver-spread.js';
import { heldOf } from './history.js';
import type { Machine } from './machine.js';
import { ALL_TIERS, openPorts } from './placement.js';
import { NO_LIMIT } from './port-seat.js';
import type { Lane, QueueSeat } from './queue-seat.js';

/**
 * Delivers all that can go. Returns how many events went.
 * As long as events are left waiting, every so many go to the next list that has any, by turns: so a
 * less urgent one still progresses (contract C5), by default at the share that a DLB gives.
 */
export function deliverAll(machine: Machine): number {
  if (machine.activeCount === 0) {
    machine.sinceTurn = 0;
    return 0;
  }
  const { tiers } = machine;
  const { turnEvery } = machine.plan;
  let sent = turnEvery > 0 && machine.sinceTurn >= turnEvery ? giveTurn(machine) : 0;
  if (tiers === 1) sent += deliverTier(machine, ALL_TIERS);
  else for (let tier = 0; tier < tiers; tier++) sent += deliverTier(machine, tier);
  machine.rest();
  machine.sinceTurn = machine.activeCount > 0 ? machine.sinceTurn + sent : 0;
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
  const { active } = machine;
  for (let i = 0; i < machine.activeCount; i++) {
    const { id, levels } = active[i]!;
    if (levels !== 0) return id * LEVELS + 31 - Math.clz32(levels & -levels);
  }
  return -1;
}

function deliverTier(machine: Machine, tier: number): number {
  if (machine.isWeighted) return deliverClasses(machine, tier);
  const { active } = machine;
  let sent = 0;
  for (let i = 0; i < machine.activeCount; i++) {
    const queue = active[i]!;
    if (queue.levels !== 0) sent += deliverQueue(machine, queue, tier, NO_LIMIT, queue.levels);
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
  if (queue.limit !== NO_LIMIT) most = underLimit(machine, queue, most);
  for (let levels = from; levels !== 0 && sent < most; levels &= levels - 1) {
    // What has one list only finds out by itself.
    if ((levels !== from || queue.lanes.length > 1) && openPorts(queue, tier) === 0) break;
    const level = 31 - Math.clz32(levels & -levels);
    sent += deliverLevel(machine, queue, level, tier, most - sent);
  }
  if (sent > 0) settleServed(machine, queue);
  return sent;
}

/** What of `most` the queue's own limit leaves: all that it has out is settled between two of its turns. */
function underLimit(machine: Machine, queue: QueueSeat, most: number): number {
  const left = queue.limit - heldOf(machine, queue);
  return left < most ? left : most;
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
  if (lanes.length === 1) {
    const only = lanes[0]!;
    const went = deliverLane(machine, only, level, tier, most);
    if ((only.levels & bit) === 0) queue.levels &= ~bit;
    return went;
  }
  const first = queue.turns[level]!;
  let sent = 0;
  let left = 0;
  for (let i = 0; i < lanes.length; i++) {
    const lane = lanes[(first + i) % lanes.length]!;
    if ((lane.levels & bit) !== 0) sent += deliverLane(machine, lane, level, tier, most - sent);
    left |= lane.levels & bit;
  }
  if (lanes.length > 1) queue.turns[level] = (first + 1) % lanes.length;
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
  const { waiting } = machine.parking;
  const list = lane.list + level;
  let sent = 0;
  if (lane.flows !== null) {
    if (waiting[list]! > 0) sent = deliverBlocked(machine, lane, level, tier, most);
    sent += deliverAtomic(machine, lane, level, tier, most - sent);
    // A flow that was blocked on a less urgent level has moved to this one by a new event.
    if (waiting[list]! > 0) sent += deliverBlocked(machine, lane, level, tier, most - sent);
  } else {
    if (waiting[list]! > 0) sent = deliverFront(machine, lane, level, tier, most);
    sent += deliverSpread(machine, lane, level, tier, most - sent);
  }
  if (waiting[list]! === 0 && machine.storage.isEmpty(list)) lane.levels &= ~(1 << level);
  return sent;
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
