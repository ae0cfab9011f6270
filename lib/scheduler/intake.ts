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
import { fault, faultOfEvent } from './faults.js';
import { dropPiece, sendPieces, settlePieces, takeFragment } from './fragments.js';
import { completeOldest, completeRun, heldBy, historyAt, queueOf } from './history.js';
import { completeNamed, countLost } from './independent.js';
import { laneFor, queueIdOf, sendOn, store, storeRun } from './lanes.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane } from './queue-seat.js';
import { Window } from './window.js';
import { FlowWindow } from './flow-window.js';

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
    const index = (head + i) | 0;
    const from = slots + (index & mask) * QE_WORDS;
    const word1 = words[from + 1]!;
    const op = word1 & OP_MASK;
    let step = 1;
    if (op === OP.RELEASE) takeRelease(machine, port, from, words[from + 2]! >>> 0);
    else if (op === OP.FRAGMENT) taken += takeFragment(machine, port, from, word1);
    else {
      if (op === OP.NEW) step = takeNew(machine, port, index, count - i, word1);
      else if (heldBy(port) === 0) takeNew(machine, port, index, 1, word1);
      else step = takeForwards(machine, port, index, count - i, word1);
      taken += step;
    }
    i += step;
  }
  port.enqueue.head = (head + count) | 0;
  if (taken > 0) {
    stats.addToPort(port.id, PORT_COUNTS.RX, taken);
    stats.addToDomain(DOMAIN_COUNTS.RX, taken);
  }
}

/** Sends on what the windows have in order. What goes on gets the sequences of now: with those of when
 *  it was taken in it would not be told in which order it came to its queue. */
export function drainWindows(machine: Machine): void {
  const { readyLanes, m, pieces, storage } = machine;
  for (let i = 0; i < machine.readyCount; i++) {
    const lane = readyLanes[i]!;
    lane.ready = false;
    const window = lane.window!;
    if (pieces === null && window instanceof Window) window.dropGaps();
    for (let place = window.next(); place >= 0; place = window.next()) {
      if (pieces !== null) sendPieces(machine, place + WINDOW.PIECES, true);
      if (m[place + WINDOW.STATE]! === PLACE.EVENT) sendOn(machine, place);
    }
    // Its places are taken again only when what was in them is on its queues for good.
    storage.seal();
    pieces?.settle();
    if (window instanceof FlowWindow) window.letGo();
  }
  machine.readyCount = 0;
  machine.checkpoint?.noteDrained();
}

/** Takes NEW events in, from index `first` of the port's ring on: up to `most`, as far as they have the
 *  same second word. Mostly they differ in flow and payload only, and are decided once. Returns how
 *  many. */
function takeNew(
  machine: Machine,
  port: PortSeat,
  first: number,
  most: number,
  word1: number,
): number {
  const lane = laneFor(machine, word1);
  const limit = most < port.unspent ? most : port.unspent;
  const stored =
    lane === null || limit === 0 ? 0 : storeRun(machine, lane, port.enqueue, first, limit, word1);
  const admitted = lane === null && limit > 0 ? 1 : stored;
  if (admitted > 0) admitNew(machine, port, admitted);
  if (stored > 0) return stored;
  if (admitted > 0) dropUnknown(machine, port, 1, word1);
  else {
    // Beyond the credits that its port was granted, or changed after it was published.
    port.takenNew = (port.takenNew + 1) | 0;
    machine.stats.addToDomain(DOMAIN_COUNTS.DROPPED, 1);
    fault(machine, port, 'illegal-enqueue', queueIdOf(word1));
  }
  return 1;
}

/**
 * Takes FORWARD events in, from index `first` of the port's ring on, as `takeNew` does; each completes
 * the oldest event of the port, which holds at least one. Those that complete an event with a place
 * in a window are taken one by one.
 */
function takeForwards(
  machine: Machine,
  port: PortSeat,
  first: number,
  most: number,
  word1: number,
): number {
  const lane = machine.pieces === null && !port.independent ? laneFor(machine, word1) : null;
  const held = heldBy(port);
  const limit = most < held ? most : held;
  const run = lane === null ? 0 : completeRun(machine, port, limit, first, word1);
  if (run === 0) {
    takeForward(machine, port, machine.words, port.enqueue.slot(first), word1);
    machine.sequence = (machine.sequence + 1) | 0;
    return 1;
  }
  const stored = storeRun(machine, lane!, port.enqueue, first, run, word1);
  // Its thread has changed what it had published.
  if (stored < run) dropUnknown(machine, port, run - stored, word1);
  return run;
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
    ? completeNamed(machine, port, source, from)
    : completeOldest(machine, port);
  if (entry < 0) return countLost(machine, port);
  const place = machine.m[entry + HISTORY.PLACE]!;
  const lane = laneFor(machine, word1);
  const fits = machine.pieces === null || settlePieces(machine, entry, place);
  if (lane === null || !fits) {
    if (fits) dropUnknown(machine, port, 1, word1);
    else {
      dropPiece(machine, queueOf(machine, entry));
      fault(machine, port, 'illegal-enqueue', queueIdOf(word1));
    }
    if (place >= 0) leaveGap(machine, entry, place);
  } else if (place >= 0) {
    fillPlace(machine, entry, place, source, from, word1);
  } else {
    store(machine, lane, source, from, word1, machine.sequence);
  }
}

/** Ends events; each gives its credit back. Of an independent port a count of 0 says that the entry
 *  names its event. */
function takeRelease(machine: Machine, port: PortSeat, from: number, count: number): void {
  if (port.independent && count === 0) {
    const entry = completeNamed(machine, port, machine.words, from);
    if (entry >= 0) endEvent(machine, entry);
    else fault(machine, port, 'excess-release', 1);
    return;
  }
  const held = heldBy(port);
  const due = count < held ? count : held;
  if (due < count) fault(machine, port, 'excess-release', count - held);
  if (port.holes === 0 && machine.pieces === null) endOldest(machine, port, due);
  else for (let i = 0; i < due; i++) endEvent(machine, completeOldest(machine, port));
}

/** Ends the `due` oldest events of a port without holes, which have no pieces. */
function endOldest(machine: Machine, port: PortSeat, due: number): void {
  for (let left = due; left > 0;) {
    const run = completeRun(machine, port, left);
    left -= run > 0 ? run : endPlaced(machine, port, left);
  }
  machine.inside -= due;
  machine.free += due;
}

/** Ends up to `most` of the oldest events, the first of which has a place in a window: as far as those
 *  behind it have one as well, for the same queue. Returns how many. */
function endPlaced(machine: Machine, port: PortSeat, most: number): number {
  const { m, at } = machine;
  const queue = queueOf(machine, historyAt(machine, port, port.historyHead));
  const lane = queue.ordered!;
  const window = lane.window!;
  let ended = 0;
  let isSettled = false;
  for (; ended < most; ended++) {
    const entry = historyAt(machine, port, (port.historyHead + ended) | 0);
    const place = m[entry + HISTORY.PLACE]!;
    if (place < 0 || queueOf(machine, entry) !== queue) break;
    if (window.giveUp(place)) isSettled = true;
  }
  const held = at.heldEvents + queue.id * machine.ports.length + port.id;
  m[held] = m[held]! - ended;
  port.historyHead = (port.historyHead + ended) | 0;
  if (isSettled) ready(machine, lane);
  return ended;
}

/** The event of a completed entry goes nowhere; its pieces do. */
function endEvent(machine: Machine, entry: number): void {
  const place = machine.m[entry + HISTORY.PLACE]!;
  if (machine.pieces !== null) settlePieces(machine, entry, place);
  if (place >= 0) leaveGap(machine, entry, place);
  machine.inside--;
  machine.free++;
}

/** Takes the credits of NEW events, which its port has. */
function admitNew(machine: Machine, port: PortSeat, count: number): void {
  port.takenNew = (port.takenNew + count) | 0;
  port.unspent -= count;
  machine.inside += count;
  if (port.spentAt !== machine.pass || !port.spending) noteSpender(machine, port);
}

function dropUnknown(machine: Machine, port: PortSeat, count: number, word1: number): void {
  faultOfEvent(machine, port, word1, count);
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
