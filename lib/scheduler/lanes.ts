/** Which lane of which queue an event waits in. */
import { OP_MASK, QUEUE_MASK, QUEUE_SHIFT, SCHED_MASK, SCHED_SHIFT } from '../eventdev/event.js';
import { ENTRY_SEQUENCE } from '../memory/scheduler-layout.js';
import { levelOf } from './flows.js';
import type { RingConsumer } from '../ring/consumer.js';
import type { Machine } from './machine.js';
import type { Lane } from './queue-seat.js';

/** The queue that an event names in its second word. */
export function queueIdOf(word1: number): number {
  return (word1 >>> QUEUE_SHIFT) & QUEUE_MASK;
}

/** The lane that an event goes to, given its second word; null if there is none. */
export function laneFor(machine: Machine, word1: number): Lane | null {
  const id = queueIdOf(word1);
  const { queues } = machine;
  return id < queues.length ? queues[id]!.laneOf[(word1 >>> SCHED_SHIFT) & SCHED_MASK]! : null;
}

/** Puts an event on its queue. */
export function store(
  machine: Machine,
  lane: Lane,
  source: Int32Array,
  from: number,
  word1: number,
  sequence: number,
): void {
  const level = levelOf(word1);
  const { queue } = lane;
  machine.storage.append(lane.list + level, source, from, word1 & ~OP_MASK, sequence);
  machine.markWaiting(lane, level);
  queue.stored++;
}

/** Puts events of a ring on their queue, as `storage.appendRun` does. Returns how many. */
export function storeRun(
  machine: Machine,
  lane: Lane,
  ring: RingConsumer,
  first: number,
  most: number,
  word1: number,
): number {
  const level = levelOf(word1);
  const { queue } = lane;
  const count = machine.storage.appendRun(
    lane.list + level,
    ring,
    first,
    most,
    word1,
    machine.sequence,
  );
  machine.sequence = (machine.sequence + count) | 0;
  machine.markWaiting(lane, level);
  queue.stored += count;
  return count;
}

/** Puts an event of scheduler memory, whose queue is known to exist, on its queue. */
export function storeEntry(machine: Machine, entry: number): void {
  const { m } = machine;
  const word1 = m[entry + 1]!;
  store(machine, laneFor(machine, word1)!, m, entry, word1, m[entry + ENTRY_SEQUENCE]!);
}

/** As `storeEntry`, with the next sequence: for what comes out of a window. */
export function sendOn(machine: Machine, entry: number): void {
  // In both places, so that a recovery sees that they are one.
  machine.m[entry + ENTRY_SEQUENCE] = machine.sequence;
  machine.sequence = (machine.sequence + 1) | 0;
  storeEntry(machine, entry);
}
