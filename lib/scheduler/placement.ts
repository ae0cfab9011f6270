/**
 * Which linked port gets an event that may go to any of them.
 *
 * Runs on: the scheduler. A port takes part while it has room and, when a port has links of
 * different priority, while its link to the queue is of the tier being served.
 */
import type { PortSeat } from './port-seat.js';
import type { QueueSeat } from './queue-seat.js';

/** Whatever the rank of the link: all linked ports take part. */
export const ALL_TIERS = -1;

/** Whether `port` may be given events of the queue now. */
export function takesPart(queue: QueueSeat, port: PortSeat, tier: number): boolean {
  if (port.room <= 0 || queue.links[port.id]! < 0) return false;
  return tier === ALL_TIERS || queue.ranks[port.id] === tier;
}

/** Linked ports with room. */
export function openPorts(queue: QueueSeat, tier: number): number {
  const { ports } = queue;
  let open = 0;
  for (let i = 0; i < ports.length; i++) if (takesPart(queue, ports[i]!, tier)) open++;
  return open;
}

/** Writes the linked ports with room into `open`, the round-robin next one first. Returns how many. */
export function gatherOpen(queue: QueueSeat, tier: number, open: PortSeat[]): number {
  const { ports } = queue;
  const count = ports.length;
  let found = 0;
  for (let tried = 0, i = queue.next; tried < count; tried++, i++) {
    if (i >= count) i = 0;
    const port = ports[i]!;
    if (takesPart(queue, port, tier)) open[found++] = port;
  }
  return found;
}

/** Round robin: the next port with room, or null. */
export function nextPort(queue: QueueSeat, tier: number): PortSeat | null {
  const { ports } = queue;
  const count = ports.length;
  let i = queue.next;
  for (let tried = 0; tried < count; tried++) {
    if (i >= count) i = 0;
    const port = ports[i++]!;
    if (takesPart(queue, port, tier)) {
      queue.next = i;
      return port;
    }
  }
  return null;
}

/**
 * For an idle flow: the port with the most room. The round-robin next one wins unless another has
 * strictly more, and among those the lowest id. Null when none has room.
 */
export function roomiestPort(queue: QueueSeat, tier: number): PortSeat | null {
  const { ports } = queue;
  const count = ports.length;
  let best = nextPort(queue, tier);
  if (best === null || count === 1) return best;
  let most = best.room;
  for (let i = 0; i < count; i++) {
    const port = ports[i]!;
    if (port.room > most && takesPart(queue, port, tier)) {
      best = port;
      most = port.room;
    }
  }
  return best;
}
