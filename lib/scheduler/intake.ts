/**
 * From enqueue rings to queues: completions first end what the port holds, then the event is stored.
 *
 * Runs on: the scheduler, for each port that rang. Nothing that a port wrote is trusted: the ring's
 * indices are used only within its depth, queue ids and ops are checked, completions are bounded
 * by the history list, NEW events by the credits granted.
 */
import { LEVELS, OP, OP_MASK, QE_WORDS, QUEUE_MASK, QUEUE_SHIFT } from '../eventdev/event.js';
import { PORT } from '../memory/layout.js';
import {
  DOMAIN_COUNTS,
  ENTRY_SEQUENCE,
  HISTORY,
  PLACE,
  PORT_COUNTS,
  QUEUE_COUNTS,
  WINDOW,
} from '../memory/scheduler-layout.js';
import { observe } from '#words';
import { noteSpender } from './credits.js';
import { levelOf } from './flows.js';
import { completeMany, completeOldest, heldBy, historyAt, queueOf } from './history.js';
import type { Machine, PortSeat, QueueSeat } from './machine.js';

/**
 * Takes in what the port has published. Returns the number of entries, or -1 if the port's indices
 * are impossible: then it has to be cut off.
 */
export function takeIn(machine: Machine, port: PortSeat, limit: number): number {
  const available = port.enqueue.available();
  if (available === 0) return 0;
  if (available < 0 || available > machine.plan.ringDepth) return -1;
  const count = available < limit ? available : limit;
  takeEntries(machine, port, count);
  port.enqueue.show();
  port.more = count < available;
  return count;
}

/**
 * Counts and drops the pieces that the port has enqueued: no queue of this version takes any. They
 * belong to the oldest event that the port held before, as far as can be told.
 */
export function dropPieces(machine: Machine, port: PortSeat): void {
  const at = port.at + PORT.PIECES;
  // Mostly there are none: a plain read tells, since the port rang after it counted them.
  if (machine.words[at] === port.pieces) return;
  const pieces = observe(machine.words, at);
  const fresh = (pieces - port.pieces) >>> 0;
  port.pieces = pieces;
  const { stats } = machine;
  stats.addToPort(port.id, PORT_COUNTS.RX, fresh);
  stats.addToDomain(DOMAIN_COUNTS.RX, fresh);
  if (heldBy(port) === 0) stats.addToPort(port.id, PORT_COUNTS.DROPPED, fresh);
  else {
    const oldest = queueOf(machine, historyAt(machine, port, port.historyHead));
    stats.addToQueue(oldest.id, QUEUE_COUNTS.DROPPED, fresh);
  }
}

/** Takes in `count` entries that are known to be there. */
export function takeEntries(machine: Machine, port: PortSeat, count: number): void {
  const { words, queues, stats } = machine;
  const { slots, mask, head } = port.enqueue;
  let taken = 0;
  for (let i = 0; i < count; i++) {
    const from = slots + ((head + i) & mask) * QE_WORDS;
    const word1 = words[from + 1]!;
    const op = word1 & OP_MASK;
    let entry = -1;
    if (op === OP.RELEASE) {
      releaseOldest(machine, port, words[from + 2]! >>> 0);
      continue;
    }
    // A port counts pieces without a slot; this one makes its own entries.
    if (op === OP.FRAGMENT) continue;
    taken++;
    if (op === OP.FORWARD && heldBy(port) > 0) entry = completeOldest(machine, port);
    else if (!admitNew(machine, port)) continue;
    const id = (word1 >>> QUEUE_SHIFT) & QUEUE_MASK;
    const place = entry < 0 ? -1 : machine.m[entry + HISTORY.PLACE]!;
    if (id >= queues.length) {
      dropUnknown(machine, port, entry, place);
    } else if (place >= 0) {
      fillPlace(machine, entry, place, words, from, word1);
    } else {
      store(machine, queues[id]!, words, from, word1, machine.sequence);
    }
    machine.sequence = (machine.sequence + 1) | 0;
  }
  port.enqueue.head = (head + count) | 0;
  if (taken > 0) {
    stats.addToPort(port.id, PORT_COUNTS.RX, taken);
    stats.addToDomain(DOMAIN_COUNTS.RX, taken);
  }
}

/** Puts an event on its queue. */
export function store(
  machine: Machine,
  queue: QueueSeat,
  source: Int32Array,
  from: number,
  word1: number,
  sequence: number,
): void {
  const level = levelOf(word1);
  machine.storage.append(queue.id * LEVELS + level, source, from, word1 & ~OP_MASK, sequence);
  queue.levels |= 1 << level;
  queue.stored++;
}

/** Sends on what the windows have in order. */
export function drainWindows(machine: Machine): void {
  const { readyWindows, m, queues } = machine;
  for (let i = 0; i < machine.readyCount; i++) {
    const queue = readyWindows[i]!;
    queue.ready = false;
    const window = queue.window!;
    for (let place = window.next(); place >= 0; place = window.next()) {
      if (m[place + WINDOW.STATE]! !== PLACE.EVENT) continue;
      const word1 = m[place + 1]!;
      const target = queues[(word1 >>> QUEUE_SHIFT) & QUEUE_MASK]!;
      store(machine, target, m, place, word1, m[place + ENTRY_SEQUENCE]!);
    }
  }
  machine.readyCount = 0;
}

/** Ends up to `count` events; each gives its credit back. */
function releaseOldest(machine: Machine, port: PortSeat, count: number): void {
  const held = heldBy(port);
  const due = count < held ? count : held;
  completeMany(machine, port, due, leaveGap);
  machine.inside -= due;
  machine.free += due;
}

/** Whether a NEW event is covered by the credits that its port was granted. */
function admitNew(machine: Machine, port: PortSeat): boolean {
  port.takenNew = (port.takenNew + 1) | 0;
  if (port.unspent === 0) {
    machine.stats.addToDomain(DOMAIN_COUNTS.DROPPED, 1);
    return false;
  }
  port.unspent--;
  if (port.spentAt !== machine.pass || !port.spending) noteSpender(machine, port);
  machine.inside++;
  return true;
}

function dropUnknown(machine: Machine, port: PortSeat, entry: number, place: number): void {
  machine.stats.addToPort(port.id, PORT_COUNTS.DROPPED, 1);
  machine.inside--;
  machine.free++;
  if (entry >= 0) leaveGap(machine, entry, place);
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
  const window = queue.window!;
  if (window.fill(place, source, from, word1, machine.sequence)) ready(machine, queue);
  else machine.stats.addToQueue(queue.id, QUEUE_COUNTS.REORDERED, 1);
}

function leaveGap(machine: Machine, entry: number, place: number): void {
  if (place < 0) return;
  const queue = queueOf(machine, entry);
  if (queue.window!.giveUp(place)) ready(machine, queue);
}

function ready(machine: Machine, queue: QueueSeat): void {
  if (queue.ready) return;
  queue.ready = true;
  machine.readyWindows[machine.readyCount++] = queue;
}
