/**
 * Which ports serve which queues.
 *
 * Runs on: the scheduler. A link takes effect at once, an unlink in a started domain at the next
 * pass. What an unlinked port was given stays with it; a flow that it holds moves on when idle. Where
 * links are strict, those of profile 0 change by slots.ts instead.
 */
import type { LinkCommand } from '../eventdev/commands.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { QueueSeat } from './queue-seat.js';

export function link(machine: Machine, command: LinkCommand): void {
  setLink(machine, command, command.priority);
}

export function unlink(machine: Machine, command: LinkCommand): void {
  setLink(machine, command, -1);
  countUnlink(machine, machine.ports[command.port]!);
}

/** An unlink of the port is no longer in progress. */
export function countUnlink(machine: Machine, port: PortSeat): void {
  const done = machine.at.unlinksDone + port.id;
  machine.m[done] = (machine.m[done]! + 1) | 0;
}

/** Makes the unlinks that were asked for since the last pass. */
export function makeUnlinks(machine: Machine): void {
  for (const command of machine.unlinks) unlink(machine, command);
  machine.unlinks.length = 0;
}

/** The port serves the links of this profile from now on. */
export function useProfile(machine: Machine, port: PortSeat, profile: number): void {
  if (port.profile === profile) return;
  port.profile = profile;
  for (const queue of machine.queues) {
    const priority = machine.links[linkAt(machine, profile, queue.id, port.id)]!;
    if (queue.links[port.id] === priority) continue;
    queue.links[port.id] = priority;
    listPorts(machine, queue);
  }
  rankLinks(machine, port);
}

/** All at once: a domain may have 16 000. */
export function linkAll(machine: Machine, commands: readonly LinkCommand[]): void {
  for (const { port, queue, profile, priority } of commands) {
    machine.links[linkAt(machine, profile, queue, port)] = priority;
    if (machine.ports[port]!.profile === profile) {
      machine.queues[queue]!.links[port] = priority;
    }
  }
  for (const queue of machine.queues) listPorts(machine, queue);
  for (const port of machine.ports) rankLinks(machine, port);
}

/** @param priority of the link, -1: none. */
export function setLink(
  machine: Machine,
  { port, queue, profile }: LinkCommand,
  priority: number,
): void {
  machine.links[linkAt(machine, profile, queue, port)] = priority;
  if (machine.ports[port]!.profile !== profile) return;
  const seat = machine.queues[queue]!;
  seat.links[port] = priority;
  listPorts(machine, seat);
  rankLinks(machine, machine.ports[port]!);
}

function linkAt(machine: Machine, profile: number, queue: number, port: number): number {
  return (profile * machine.queues.length + queue) * machine.ports.length + port;
}

function listPorts(machine: Machine, queue: QueueSeat): void {
  queue.ports = machine.ports.filter((port) => queue.links[port.id]! >= 0);
  queue.order = Int32Array.from(queue.ports, (port) => port.id);
}

/** Where one port serves several queues, its free places go by link priority first. */
function rankLinks(machine: Machine, port: PortSeat): void {
  const { id } = port;
  const linked = machine.queues.filter((queue) => queue.links[id]! >= 0);
  const priorities = [...new Set(linked.map((queue) => queue.links[id]!))].sort((a, b) => a - b);
  for (const queue of linked) queue.ranks[id] = priorities.indexOf(queue.links[id]!);
  port.tiers = priorities.length;
  machine.tiers = machine.ports.reduce((most, each) => Math.max(most, each.tiers), 1);
}
