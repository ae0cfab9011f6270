/**
 * Ports change hands: detach, attach, reclaim, cut off.
 *
 * Runs on: the scheduler, at a pass boundary or while it visits the port.
 * What the last owner held is scheduled again, in order, to the other ports; its credits return;
 * whatever it still tries fails at the fence or for its lease.
 */
import {
  ATTEMPTS_MASK,
  ATTEMPTS_SHIFT,
  QUEUE_MASK,
  QUEUE_SHIFT,
  SCHED_MASK,
  SCHED_SHIFT,
} from '../eventdev/event.js';
import { LEASE_NUMBER_MASK, leaseWord, STATE } from '../memory/domain-state.js';
import { PORT, SUSPECT_MASK } from '../memory/layout.js';
import { HISTORY } from '../memory/scheduler-layout.js';
import { raise } from '../memory/signal.js';
import { reclaimBuffers } from '../mempool/index.js';
import { fence, FENCE_STEP } from '../ring/fence.js';
import { observe, publish } from '#words';
import { grant, mayHave, revoke, writeOff } from './credits.js';
import { levelOf, takeBack } from './flows.js';
import { discardPieces } from './fragments.js';
import { entriesOf, heldBy, historyAt, isCompleted } from './history.js';
import { takeEntries } from './intake.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import { namesBuffer } from './named-buffers.js';

/** Whether the owner has left. To be asked before the ring is looked at: then what it published
 *  is taken in first. */
export function hasLeft(machine: Machine, port: PortSeat): boolean {
  const at = port.at + PORT.DETACHED;
  // Mostly nothing has changed: a plain read tells, since the port rang after it left.
  if (machine.words[at] === port.detached) return false;
  // O2 ← O1 (port.ts#detach): the port's last entries were published before this mark.
  port.detached = observe(machine.words, at);
  return ((port.detached - port.generation) | 0) >= 0;
}

/** The owner left, and its ring has been taken in. */
export function depart(machine: Machine, port: PortSeat): void {
  port.live = false;
  handOver(machine, port, (port.detached + 1) | 0);
  reschedule(machine, port);
  writeOff(machine, port);
}

/** Takes note of the next owner, if it has come. */
export function meetNext(machine: Machine, port: PortSeat): void {
  if (observe(machine.words, port.at + PORT.GENERATION) === port.generation) {
    welcome(machine, port);
  }
}

/** Takes the port from a thread that is gone. Returns how many events are scheduled again. */
export function reclaim(machine: Machine, port: PortSeat): number {
  const { words } = machine;
  const generation = observe(words, port.at + PORT.GENERATION);
  port.live = false;
  port.leaving = false;
  port.disabled = false;
  // Its rights end first; then the fence decides what it still published.
  handOver(machine, port, (generation + 1) | 0);
  closeRing(machine, port);
  blameSuspect(machine, port);
  const rescheduled = reschedule(machine, port);
  writeOff(machine, port);
  // It may have died between counting and publishing.
  words[port.at + PORT.NEW_COUNT] = port.takenNew;
  const { pool } = machine.layout;
  if (pool !== null) reclaimBuffers(words, pool, port.id, namesBuffer(machine));
  publish(words, port.at + PORT.OWNER, 0);
  return rescheduled;
}

/** A port whose indices are impossible is given nothing more, until it is reclaimed. */
export function cutOff(machine: Machine, port: PortSeat): void {
  machine.alerts.raise('cut-off', port.id, 0);
  port.live = false;
  port.leaving = false;
  port.disabled = true;
  handOver(machine, port, port.generation);
  closeRing(machine, port);
  reschedule(machine, port);
  writeOff(machine, port);
}

/** Fences the ring and takes in what was published before. Returns how many entries. */
export function closeRing(machine: Machine, port: PortSeat): number {
  const tail = fence(machine.words, port.enqueue.layout);
  const left = (tail - port.enqueue.head) | 0;
  const isPossible = left > 0 && left <= machine.plan.ringDepth;
  if (isPossible) takeEntries(machine, port, left);
  port.enqueue.head = (tail + FENCE_STEP) | 0;
  port.enqueue.show();
  port.more = false;
  return isPossible ? left : 0;
}

/** A new lease: credits and debts of the one before are void. */
export function handOver(machine: Machine, port: PortSeat, generation: number): void {
  const { words } = machine;
  port.generation = generation;
  port.lease = (port.lease + 1) & LEASE_NUMBER_MASK;
  port.cqStart = port.cq.tail;
  // Nothing goes to a port without an owner; the next one's first look makes room.
  port.room = port.receives ? port.firstRoom : 0;
  port.markOpen = false;
  port.setNear(false);
  publish(words, port.at + PORT.CQ_START, port.cqStart);
  // G2 → G1 (port-gate.ts): who sees the generation sees its lease and where its CQ begins.
  const lease = leaseWord(port.lease, port.disabled, port.held, generation);
  publish(words, port.at + PORT.LEASE, lease);
  publish(words, port.at + PORT.ACK_GENERATION, generation);
  raise(words, port.at + PORT.WAKE);
}

/** Gives the port its room and, in a started domain, credits to begin with. */
function welcome(machine: Machine, port: PortSeat): void {
  port.live = true;
  port.lacksShare = false;
  if (machine.state !== STATE.STARTED || !mayHave(machine, port)) return;
  const share = Math.ceil(machine.plan.eventsLimit / machine.ports.length);
  grant(machine, port, Math.max(0, Math.min(share, machine.free)));
}

/**
 * Disables a port, or enables it: its lease goes on. What it holds stays its own; what lies in its CQ
 * it gives back itself, as soon as its thread finds out.
 */
export function hold(machine: Machine, port: PortSeat, isHeld: boolean): void {
  if (port.held === isHeld) return;
  port.held = isHeld;
  if (isHeld) {
    port.room = 0;
    port.wish = 0;
    revoke(machine, port);
  } else if (port.live) welcome(machine, port);
  lookAt(machine, port);
  // G2 → G1 (port-gate.ts), as at a hand-over; the number of the lease stays.
  const lease = leaseWord(port.lease, port.disabled, port.held, port.generation);
  publish(machine.words, port.at + PORT.LEASE, lease);
  raise(machine.words, port.at + PORT.WAKE);
}

/** The next pass visits the port though it has not rung. */
export function lookAt(machine: Machine, port: PortSeat): void {
  const { id } = port;
  port.mustHear = true;
  if (id < 32) machine.moreLow |= 1 << id;
  else machine.moreHigh |= 1 << (id - 32);
}

/** Puts all that the port holds back in front, oldest first. Returns how many events. */
function reschedule(machine: Machine, port: PortSeat): number {
  const held = heldBy(port);
  putBack(machine, port, entriesOf(port));
  return held;
}

/** Puts the `count` newest entries of the port's list back in front, oldest first. */
export function putBack(machine: Machine, port: PortSeat, count: number): void {
  const { m, at, queues, parking } = machine;
  for (let i = 1; i <= count; i++) {
    const index = (port.historyTail - i) | 0;
    if (isCompleted(machine, port, index)) {
      port.holes--;
      continue;
    }
    const entry = historyAt(machine, port, index);
    discardPieces(machine, entry);
    const word1 = m[entry + 1]!;
    const queue = queues[(word1 >>> QUEUE_SHIFT) & QUEUE_MASK]!;
    const level = levelOf(word1);
    const lane = queue.laneOf[(word1 >>> SCHED_SHIFT) & SCHED_MASK]!;
    const slot = m[entry + HISTORY.FLOW]!;
    if (slot >= 0) takeBack(machine, lane, slot, entry);
    else parking.pushFront(lane.list + level, entry, m[entry + HISTORY.PLACE]!);
    const pair = at.heldEvents + queue.id * machine.ports.length + port.id;
    m[pair] = m[pair]! - 1;
    machine.markWaiting(lane, level);
  }
  port.historyTail = (port.historyTail - count) | 0;
}

/** Raises the attempts of the event that the thread had in hand, or of all it held if it did not
 *  tell. */
function blameSuspect(machine: Machine, port: PortSeat): void {
  const { m } = machine;
  const suspect = observe(machine.words, port.at + PORT.WORKING) - 1;
  const entries = entriesOf(port);
  let named = -1;
  for (let i = 0; suspect >= 0 && i < entries && named < 0; i++) {
    const isOpen = !isCompleted(machine, port, (port.historyHead + i) | 0);
    if (isOpen && ((cqIndexOf(machine, port, i) - suspect) & SUSPECT_MASK) === 0) named = i;
  }
  for (let i = 0; i < entries; i++) {
    const blamed = named < 0 || i === named;
    if (blamed) raiseAttempts(m, historyAt(machine, port, (port.historyHead + i) | 0));
  }
}

/** Where the CQ had the `i`-th entry of the port's list. */
function cqIndexOf(machine: Machine, port: PortSeat, i: number): number {
  const { names } = port;
  // Nothing has left the list between two entries.
  if (names === null) return (port.cq.tail - entriesOf(port) + i) | 0;
  return names.cqIndexOf(machine.m, historyAt(machine, port, (port.historyHead + i) | 0));
}

function raiseAttempts(m: Int32Array, entry: number): void {
  const word1 = m[entry + 1]!;
  const attempts = (word1 >>> ATTEMPTS_SHIFT) & ATTEMPTS_MASK;
  if (attempts < ATTEMPTS_MASK) m[entry + 1] = word1 + (1 << ATTEMPTS_SHIFT);
}
