/**
 * From enqueue rings to queues: completions first end what the port holds, then the event is stored.
 *
 * Runs on: the scheduler, for each port that rang. Nothing that a port wrote is trusted: the ring's
 * indices are used only within its depth, queue ids and ops are checked, completions are bounded
 * by the history list, NEW events by the credits granted.
 */
import { OP, OP_MASK, QE_WORDS } from '../eventdev/event.js';
import {
  DOMAIN_COUNTS,
  HISTORY,
  PLACE,
  PORT_COUNTS,
  QUEUE_COUNTS,
  WINDOW,
} from '../memory/scheduler-layout.js';
import { noteSpender } from './credits.js';
import { dropPiece, sendPieces, settlePieces, takePiece } from './fragments.js';
import { completeMany, completeOldest, heldBy, queueOf } from './history.js';
import { completeNamed, countLost } from './independent.js';
import { laneFor, store, storeEntry, storeRun } from './lanes.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane } from './queue-seat.js';

/**
 * Takes in what the port has published. Returns the number of entries, or -1 if the port's indices
 * are impossible: then it has to be cut off.
 */
export function takeIn(machine: Machine, port: PortSeat, limit: number): number {
  const available = port.enqueue.available();
  port.more = false;
  if (available === 0) return 0;
  if (available < 0 || available > machine.plan.ringDepth) return -1;
  const count = available < limit ? available : limit;
  takeEntries(machine, port, count);
  // A port that enqueues pieces looks whether they were taken in.
  if (machine.pieces === null) port.enqueue.show();
  else port.enqueue.publish();
  port.more = count < available;
  return count;
}

/** Takes in `count` entries that are known to be there. */
export function takeEntries(machine: Machine, port: PortSeat, count: number): void {
  const { words, stats } = machine;
  const { slots, mask, head } = port.enqueue;
  let taken = 0;
  for (let i = 0; i < count;) {
    const from = slots + ((head + i) & mask) * QE_WORDS;
    const word1 = words[from + 1]!;
    const op = word1 & OP_MASK;
    i++;
    if (op === OP.RELEASE) {
      takeRelease(machine, port, word1, words[from + 2]! >>> 0);
      continue;
    }
    taken++;
    if (op === OP.NEW) {
      // Mostly those that follow differ in flow and payload only: they are decided once.
      const first = i - 1;
      while (i < count && words[slots + ((head + i) & mask) * QE_WORDS + 1]! === word1) i++;
      taken += i - first - 1;
      takeNew(machine, port, (head + first) | 0, i - first, word1);
      continue;
    }
    if (op === OP.FRAGMENT) takePiece(machine, port, words, from, word1);
    else if (heldBy(port) > 0) takeForward(machine, port, words, from, word1);
    else takeNew(machine, port, (head + i - 1) | 0, 1, word1);
    machine.sequence = (machine.sequence + 1) | 0;
  }
  port.enqueue.head = (head + count) | 0;
  if (taken > 0) {
    stats.addToPort(port.id, PORT_COUNTS.RX, taken);
    stats.addToDomain(DOMAIN_COUNTS.RX, taken);
  }
}

/** Sends on what the windows have in order. */
export function drainWindows(machine: Machine): void {
  const { readyLanes, m, pieces } = machine;
  for (let i = 0; i < machine.readyCount; i++) {
    const lane = readyLanes[i]!;
    lane.ready = false;
    const window = lane.window!;
    for (let place = window.next(); place >= 0; place = window.next()) {
      if (pieces !== null) sendPieces(machine, place + WINDOW.PIECES);
      if (m[place + WINDOW.STATE]! === PLACE.EVENT) storeEntry(machine, place);
    }
  }
  machine.readyCount = 0;
}

/** Takes `count` NEW events in a row in, from index `first` of the port's ring on; they have the same
 *  second word. */
function takeNew(
  machine: Machine,
  port: PortSeat,
  first: number,
  count: number,
  word1: number,
): void {
  const admitted = admitNew(machine, port, count);
  const lane = laneFor(machine, word1);
  if (lane === null) dropUnknown(machine, port, admitted);
  else storeRun(machine, lane, port.enqueue, first, admitted, word1);
}

/** Completes the event that a FORWARD belongs to, and sends it on or keeps it in its place. */
function takeForward(
  machine: Machine,
  port: PortSeat,
  source: Int32Array,
  from: number,
  word1: number,
): void {
  const entry = port.independent
    ? completeNamed(machine, port, word1)
    : completeOldest(machine, port);
  if (entry < 0) return countLost(machine);
  const place = machine.m[entry + HISTORY.PLACE]!;
  const lane = laneFor(machine, word1);
  const fits = machine.pieces === null || settlePieces(machine, entry, place);
  if (lane === null || !fits) {
    if (fits) dropUnknown(machine, port, 1);
    else dropPiece(machine, queueOf(machine, entry));
    if (place >= 0) leaveGap(machine, entry, place);
  } else if (place >= 0) {
    fillPlace(machine, entry, place, source, from, word1);
  } else {
    store(machine, lane, source, from, word1, machine.sequence);
  }
}

/** Ends events; each gives its credit back. Of an independent port a count of 0 says that the entry
 *  names its event. */
function takeRelease(machine: Machine, port: PortSeat, word1: number, count: number): void {
  if (port.independent && count === 0) {
    const entry = completeNamed(machine, port, word1);
    if (entry >= 0) endEvent(machine, entry);
    return;
  }
  const held = heldBy(port);
  const due = count < held ? count : held;
  if (port.holes === 0 && machine.pieces === null) {
    completeMany(machine, port, due, leaveGap);
    machine.inside -= due;
    machine.free += due;
    return;
  }
  for (let i = 0; i < due; i++) endEvent(machine, completeOldest(machine, port));
}

/** The event of a completed entry goes nowhere; its pieces do. */
function endEvent(machine: Machine, entry: number): void {
  const place = machine.m[entry + HISTORY.PLACE]!;
  if (machine.pieces !== null) settlePieces(machine, entry, place);
  if (place >= 0) leaveGap(machine, entry, place);
  machine.inside--;
  machine.free++;
}

/** How many of `count` NEW events are covered by the credits that their port was granted. */
function admitNew(machine: Machine, port: PortSeat, count: number): number {
  const admitted = count < port.unspent ? count : port.unspent;
  port.takenNew = (port.takenNew + count) | 0;
  port.unspent -= admitted;
  machine.inside += admitted;
  if (admitted > 0 && (port.spentAt !== machine.pass || !port.spending)) noteSpender(machine, port);
  if (admitted < count) machine.stats.addToDomain(DOMAIN_COUNTS.DROPPED, count - admitted);
  return admitted;
}

function dropUnknown(machine: Machine, port: PortSeat, count: number): void {
  machine.stats.addToPort(port.id, PORT_COUNTS.DROPPED, count);
  machine.inside -= count;
  machine.free += count;
}

function fillPlace(
  machine: Machine,
  entry: number,
  place: number,
  source: Int32Array,
  from: number,
  word1: number,
): void {
  const queue = queueOf(machine, entry);
  const lane = queue.ordered!;
  if (lane.window!.fill(place, source, from, word1, machine.sequence)) ready(machine, lane);
  else machine.stats.addToQueue(queue.id, QUEUE_COUNTS.REORDERED, 1);
}

function leaveGap(machine: Machine, entry: number, place: number): void {
  const lane = queueOf(machine, entry).ordered!;
  if (lane.window!.giveUp(place)) ready(machine, lane);
}

function ready(machine: Machine, lane: Lane): void {
  if (lane.ready) return;
  lane.ready = true;
  machine.readyLanes[machine.readyCount++] = lane;
}
