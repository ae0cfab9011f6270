/**
 * Which ports serve which queues.
 *
 * Runs on: the scheduler. A link takes effect at once, an unlink in a started domain at the next
 * pass. What an unlinked port was given stays with it; a flow that it holds moves on when idle.
 */
import type { LinkCommand } from '../eventdev/commands.js';
import type { Machine } from './machine.js';

export function link(machine: Machine, { port, queue, priority }: LinkCommand): void {
  machine.queues[queue]!.links[port] = priority;
  relink(machine, queue);
}

export function unlink(machine: Machine, { port, queue }: LinkCommand): void {
  machine.queues[queue]!.links[port] = -1;
  relink(machine, queue);
  const done = machine.at.unlinksDone + port;
  machine.m[done] = (machine.m[done]! + 1) | 0;
}

/** Makes the unlinks that were asked for since the last pass. */
export function makeUnlinks(machine: Machine): void {
  for (const command of machine.unlinks) unlink(machine, command);
  machine.unlinks.length = 0;
}

function relink(machine: Machine, id: number): void {
  const queue = machine.queues[id]!;
  queue.ports = machine.ports.filter((port) => queue.links[port.id]! >= 0);
  machine.tiers = 1;
  for (const port of machine.ports) rankLinks(machine, port.id);
}

/** Where one port serves several queues, its free places go by link priority first. */
function rankLinks(machine: Machine, port: number): void {
  const linked = machine.queues.filter((queue) => queue.links[port]! >= 0);
  const priorities = [...new Set(linked.map((queue) => queue.links[port]!))].sort((a, b) => a - b);
  for (const queue of linked) queue.ranks[port] = priorities.indexOf(queue.links[port]!);
  machine.tiers = Math.max(machine.tiers, priorities.length);
}
