/**
 * Parallel, ordered and directed events: round robin over the linked ports with room.
 *
 * Runs on: the scheduler, for one level of a lane at a time.
 */
import { ENTRY_WORDS, NODE } from '../memory/scheduler-layout.js';
import { FlowWindow } from './flow-window.js';
import { deliver, deliverPlaced, deliverRun } from './give.js';
import type { Machine } from './machine.js';
import { gatherOpen, nextPort } from './placement.js';
import type { Lane } from './queue-seat.js';

/** Events that had left the queue before and lost their port: they keep their place. */
export function deliverFront(
  machine: Machine,
  lane: Lane,
  level: number,
  tier: number,
  most: number,
): number {
  const { m, parking } = machine;
  const list = lane.list + level;
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

export function deliverSpread(
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
    let left = ((storage.runEnd - first) / ENTRY_WORDS) | 0;
    const inRun = left;
    if (left > most - sent) left = most - sent;
    if (window !== null && left > window.room) left = window.room;
    const wanted = left;
    left -= deliverRounds(machine, lane, tier, first, left);
    let entry = first + (wanted - left) * ENTRY_WORDS;
    for (; left > 0; left--, entry += ENTRY_WORDS) {
      const port = nextPort(queue, tier);
      if (port === null) break;
      deliver(machine, port, entry, -1, window === null ? -1 : window.take(m[entry]!));
    }
    storage.drop(list, entry);
    sent += wanted - left;
    if (left > 0 || wanted < inRun) return sent;
  }
  return sent;
}

/**
 * Whole rounds of round robin at once: as many as every port that takes part has room for, port by
 * port. What each port gets, and in which order, is the same as one by one. Returns how many of the
 * `left` events from `first` on went.
 */
function deliverRounds(
  machine: Machine,
  lane: Lane,
  tier: number,
  first: number,
  left: number,
): number {
  const { queue, window } = lane;
  if (window instanceof FlowWindow) return 0;
  const { open } = machine;
  const ports = gatherOpen(queue, tier, open);
  if (ports === 0 || left < ports) return 0;
  let rounds = (left / ports) | 0;
  for (let i = 0; i < ports; i++) if (open[i]!.room < rounds) rounds = open[i]!.room;
  const events = rounds * ports;
  const place = window === null ? 0 : window.reserve(events);
  for (let i = 0; i < ports; i++) {
    const from = first + i * ENTRY_WORDS;
    const step = ports * ENTRY_WORDS;
    if (window === null) deliverRun(machine, open[i]!, from, step, rounds);
    else deliverPlaced(machine, open[i]!, from, step, rounds, window, (place + i) | 0, ports);
  }
  return events;
}
