/**
 * How much a port may be given now.
 *
 * Runs on: the scheduler. A CQ whose depth the spec gives is filled up to it. Where it leaves depth
 * open, the depth in use follows the work, between 1 and 4096: from time to time the events that a
 * port holds are marked, and it is measured how long they stay bound to it. If that is long, the
 * depth is halved, so that an event seldom sits behind a slow one while another port is free
 * (contract C8); if it is short and the port ran dry, it is doubled.
 */
import { PORT, WAYS_MASK } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { observeNear } from '../memory/near.js';
import { heldBy } from './history.js';
import { CHORE } from './machine.js';
import type { Machine } from './machine.js';
import { hasGaps } from './names.js';
import type { Names } from './names.js';
import type { PortSeat } from './port-seat.js';

/** A scheduler worker begins here: two bursts. */
const DEPTH_FIRST = 64;
/** Bound for longer than this is too long; shorter than BOUND_SHORT_MS leaves room for more. A
 *  thread that loses its core for a time slice meanwhile shall not look slow. */
const BOUND_LONG_MS = 5;
const BOUND_SHORT_MS = 1;
/** Bound for less than this, a port that was full is given more though it did not run dry: what it has
 *  no room for is parked. */
const BOUND_BRIEF_MS = 0.25;

/** Entries of the port's CQ that it has not taken; negative or above its size if the port wrote
 *  nonsense. */
export function cqUsed(machine: Machine, port: PortSeat): number {
  const { cq } = port;
  // A2 ← R2 (port): the slots before this head have been read.
  const head = observeNear(port.near, machine.words, cq.layout.headAt);
  // The owner of a new lease may not have come round to moving its head to where its CQ begins.
  if (((head - port.cqStart) | 0) < 0) return (cq.tail - port.cqStart) | 0;
  // Follows the head, so that the difference stays small whatever the number of deliveries.
  port.cqStart = head;
  return (cq.tail - head) | 0;
}

/** Wakes the port's thread if it sleeps: to be called after its CQ was published. */
export function wakePort(machine: Machine, port: PortSeat): void {
  // W1 → W2 (waiter.ts): published first, then looked whether the thread sleeps.
  const sleeping = observeNear(port.near, machine.words, port.at + PORT.SLEEPING);
  if ((sleeping & WAYS_MASK) === 0) return;
  raise(machine.words, port.at + PORT.WAKE);
}

/** Looks at the CQ's head. False if it is impossible: then the port has to be cut off. */
export function refreshRoom(machine: Machine, port: PortSeat, now: number): boolean {
  const used = cqUsed(machine, port);
  if (used < 0 || used > port.cq.layout.depth) return false;
  if (port.adaptive && now > 0) adaptDepth(machine, port, used, now);
  let room = port.depth - used;
  // What it has dequeued and not completed takes no place of the CQ, but one of the history list.
  const left = port.historyDepth - heldBy(port);
  if (left < room) room = left;
  if (port.names !== null) room = roomOfNames(machine, port, port.names, room);
  port.room = port.receives && room > 0 ? room : 0;
  return true;
}

/** What of `room` its names allow. An open event takes one of them and nobody else's place: what was completed
 *  behind it leaves gaps in the history list, which are closed as soon as they are the larger part of it. So
 *  twice as many entries as may be open are enough, and an event is moved less often than events are completed. */
function roomOfNames(machine: Machine, port: PortSeat, names: Names, room: number): number {
  if (hasGaps(port)) machine.chores |= CHORE.GAPS;
  const free = names.openMax - heldBy(port);
  return free < room ? free : room;
}

/** Sets the depth to begin with, for a scheduler that measures time. */
export function beginAdaptive(machine: Machine, port: PortSeat): void {
  if (!port.adaptive) return;
  setDepth(machine, port, Math.min(DEPTH_FIRST, port.depth));
  port.room = port.firstRoom;
}

/** Marks what the port holds now, unless a mark is open. */
export function markHeld(port: PortSeat): void {
  if (port.markOpen) return;
  port.markOpen = true;
  port.markMoves = false;
  port.markHead = port.cqStart;
  port.markTail = port.independent ? port.cq.tail : port.historyTail;
}

/** Sets the depth by how long the marked events were bound to the port, from when its thread came to take
 *  some: a thread that waits for a core is not slow, and is not helped by being given less. */
function adaptDepth(machine: Machine, port: PortSeat, used: number, now: number): void {
  if (port.room === 0) {
    port.wasFull = true;
    if (used === 0) port.ranDry = true;
  }
  if (!port.markOpen) return;
  if (!port.markMoves) {
    if (port.cqStart === port.markHead) return;
    port.markMoves = true;
    port.markedAt = now;
  }
  // Whoever completes in any order works on many at once: what it has taken waits for nothing. Others
  // take a burst and work on one after the other.
  const passed = port.independent ? port.cqStart : port.historyHead;
  if (((passed - port.markTail) | 0) < 0) return;
  const bound = now - port.markedAt;
  if (bound > BOUND_LONG_MS) setDepth(machine, port, port.depth >>> 1);
  else if (bound < (port.ranDry ? BOUND_SHORT_MS : BOUND_BRIEF_MS) && port.wasFull) {
    setDepth(machine, port, port.depth * 2);
  }
  port.markOpen = false;
  port.wasFull = false;
  port.ranDry = false;
}

function setDepth(machine: Machine, port: PortSeat, depth: number): void {
  port.depth = Math.min(Math.max(depth, 1), port.cq.layout.depth) | 0;
  machine.m[machine.at.depthInUse + port.id] = port.depth;
}
