/**
 * FRAGMENT: one event becomes several, in its place.
 *
 * Runs on: the scheduler. A piece belongs to the oldest event that its port holds (of an independent
 * port: to the one that it names) and stays with it until that is completed; then the pieces go on
 * in front of it. Each is an event of its own from the beginning: it takes a credit as an overdraft.
 * A renewal gives the held event another payload, and its pieces go on as if it were completed: at once, or to
 * its place in a window, where a reclaim of the port does not find them any more.
 */
import { OP_MASK, RENEWAL } from '../eventdev/event.js';
import { PORT } from '../memory/layout.js';
import {
  DOMAIN_COUNTS,
  HISTORY,
  PORT_COUNTS,
  QUEUE_COUNTS,
  WINDOW,
} from '../memory/scheduler-layout.js';
import { observe } from '#words';
import { fault, faultOfEvent } from './faults.js';
import { heldBy, historyAt, queueOf } from './history.js';
import { laneFor, queueIdOf, sendOn, storeEntry } from './lanes.js';
import type { Machine } from './machine.js';
import { namedAt } from './names.js';
import type { PortSeat } from './port-seat.js';
import type { QueueSeat } from './queue-seat.js';

/** Takes in the FRAGMENT at `from` of domain memory. Returns how many events that is: a renewal is none. */
export function takeFragment(
  machine: Machine,
  port: PortSeat,
  from: number,
  word1: number,
): number {
  const { words } = machine;
  if ((word1 & RENEWAL) !== 0 && renew(machine, port, words, from)) return 0;
  takePiece(machine, port, words, from, word1);
  machine.sequence = (machine.sequence + 1) | 0;
  return 1;
}

/** False if there is no event to be renewed. */
function renew(machine: Machine, port: PortSeat, source: Int32Array, from: number): boolean {
  const { m, pieces } = machine;
  const entry = ownerOf(machine, port, source, from);
  if (pieces === null || entry < 0) return false;
  m[entry + 2] = source[from + 2]!;
  m[entry + 3] = source[from + 3]!;
  passPieces(machine, entry, m[entry + HISTORY.PLACE]!);
  return true;
}

/** Takes a piece, or drops it. */
function takePiece(
  machine: Machine,
  port: PortSeat,
  source: Int32Array,
  from: number,
  word1: number,
): void {
  const { pieces, stats } = machine;
  const entry = ownerOf(machine, port, source, from);
  if (pieces === null || entry < 0) {
    stats.addToDomain(DOMAIN_COUNTS.DROPPED, 1);
    fault(machine, port, 'illegal-enqueue', queueIdOf(word1));
    return;
  }
  if (laneFor(machine, word1) === null) {
    stats.addToPort(port.id, PORT_COUNTS.DROPPED, 1);
    faultOfEvent(machine, port, word1);
    return;
  }
  const queue = queueOf(machine, entry);
  const place = machine.m[entry + HISTORY.PLACE]!;
  const isFull = queue.fragments === 1 || countPieces(machine, entry, place) >= queue.fragments;
  // What is inside, and credits that are still out: they may come as NEW at any time.
  const taken = machine.plan.eventsLimit - machine.free;
  if (isFull || taken >= machine.plan.capacity) {
    stats.addToQueue(queue.id, QUEUE_COUNTS.DROPPED, 1);
    fault(machine, port, 'illegal-enqueue', queueIdOf(word1));
    return;
  }
  const owner = entry + HISTORY.PIECES;
  pieces.append(owner, source, from, word1 & ~OP_MASK, machine.sequence, place);
  machine.inside++;
  machine.free--;
}

/**
 * The event of `entry` is completed: its pieces go on, or with it to its place in a window. False if
 * it has as many as it may have, so that itself is one too many.
 */
export function settlePieces(machine: Machine, entry: number, place: number): boolean {
  const count = countPieces(machine, entry, place);
  if (count === 0) return true;
  passPieces(machine, entry, place);
  return count < queueOf(machine, entry).fragments;
}

/** How many pieces wait with the event of `entry`, in its place in a window as well. */
function countPieces({ pieces }: Machine, entry: number, place: number): number {
  const count = pieces!.count(entry + HISTORY.PIECES);
  return place < 0 ? count : count + pieces!.count(place + WINDOW.PIECES);
}

/** The pieces of `entry` go on, or to its event's place in a window, behind those that are there. */
function passPieces(machine: Machine, entry: number, place: number): void {
  const owner = entry + HISTORY.PIECES;
  if (place < 0) sendPieces(machine, owner);
  else machine.pieces!.move(owner, place + WINDOW.PIECES);
}

/** Puts the pieces at `owner` on their queues; those out of a window with the next sequences. */
export function sendPieces(machine: Machine, owner: number, isPlaced = false): void {
  const { pieces } = machine;
  for (let node = pieces!.shift(owner); node >= 0; node = pieces!.shift(owner)) {
    if (isPlaced) sendOn(machine, node);
    else storeEntry(machine, node);
  }
}

/** The event of `entry` is scheduled again: its pieces since its last renewal are discarded. */
export function discardPieces(machine: Machine, entry: number): void {
  const { pieces } = machine;
  if (pieces === null) return;
  const queue = queueOf(machine, entry);
  const owner = entry + HISTORY.PIECES;
  for (let node = pieces.shift(owner); node >= 0; node = pieces.shift(owner)) {
    dropPiece(machine, queue);
  }
}

/** An event inside is dropped by the rules of the queue that its whole came from. */
export function dropPiece(machine: Machine, queue: QueueSeat): void {
  machine.stats.addToQueue(queue.id, QUEUE_COUNTS.DROPPED, 1);
  machine.inside--;
  machine.free++;
}

/**
 * Counts the pieces that a port has not even put into its ring, since nobody would take them. They
 * belong to the oldest event that the port held before, as far as can be told.
 */
export function countIdlePieces(machine: Machine, port: PortSeat): void {
  const at = port.at + PORT.PIECES;
  // Mostly there are none: a plain read tells, since the port rang after it counted them.
  if (machine.words[at] === port.pieces) return;
  const pieces = observe(machine.words, at);
  const fresh = (pieces - port.pieces) >>> 0;
  port.pieces = pieces;
  const { stats } = machine;
  fault(machine, port, 'illegal-enqueue', fresh, fresh);
  stats.addToPort(port.id, PORT_COUNTS.RX, fresh);
  stats.addToDomain(DOMAIN_COUNTS.RX, fresh);
  if (heldBy(port) === 0) stats.addToDomain(DOMAIN_COUNTS.DROPPED, fresh);
  else {
    const oldest = queueOf(machine, historyAt(machine, port, port.historyHead));
    stats.addToQueue(oldest.id, QUEUE_COUNTS.DROPPED, fresh);
  }
}

function ownerOf(machine: Machine, port: PortSeat, source: Int32Array, from: number): number {
  if (port.names !== null) return namedAt(machine, port, port.names, source, from);
  return heldBy(port) === 0 ? -1 : historyAt(machine, port, port.historyHead);
}
