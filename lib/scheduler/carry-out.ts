/**
 * Commands of control to one domain: every one but open and stop.
 *
 * Runs on: the scheduler, between two passes.
 */
import type { Command, LinkCommand, Reply } from '../eventdev/commands.js';
import type { ResetStep } from '../eventdev/reports.js';
import { DlbError } from '../eventdev/errors.js';
import { STATE } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { NO_PORT } from './alerts.js';
import { forgive } from './faults.js';
import { admit, start } from './lifecycle.js';
import { link, linkAll, makeUnlinks, unlink } from './links.js';
import type { Machine } from './machine.js';
import { hold, lookAt, reclaim } from './ownership.js';
import { closeQuiet, detachPorts, verify } from './reset.js';
import { mapQueue, unmapQueue } from './slots.js';
import { leftOver } from './verify.js';

export function carryOut(machine: Machine, command: Command): Reply {
  switch (command.type) {
    case 'start':
      // A recovery may have started it.
      if (machine.state !== STATE.STARTED) start(machine);
      return {};
    case 'link':
      makeUnlinks(machine);
      applyLink(machine, command.link);
      return {};
    case 'unlink':
      if (goesBySlots(machine, command.link)) {
        unmapQueue(machine, machine.ports[command.link.port]!, command.link);
      } else if (machine.state === STATE.STARTED) machine.unlinks.push(command.link);
      else unlink(machine, command.link);
      return {};
    case 'attributes':
      Object.assign(machine.queues[command.queue]!, command.attributes);
      machine.rankQueues();
      return {};
    case 'hold':
      if (!command.isHeld) forgive(machine, machine.ports[command.port]!);
      hold(machine, machine.ports[command.port]!, command.isHeld);
      return {};
    case 'reclaim': {
      machine.checkpoint?.openAll();
      const rescheduled = reclaimFrom(machine, command.port, command.thread);
      machine.checkpoint?.commit();
      return { rescheduled };
    }
    case 'admit':
      admit(machine);
      return {};
    case 'alert':
      machine.alerts.raise('user', NO_PORT, command.aux);
      return {};
    case 'close':
      machine.alerts.raise(command.byDevice ? 'device-reset' : 'domain-reset', NO_PORT, 0);
      return reset(machine);
    default:
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'unknown command', { type: command.type });
  }
}

/** The end of a domain that is not started: what was in it has been drained by a stop. */
function reset(machine: Machine): Reply {
  const trace: ResetStep[] = [];
  closeQuiet(machine, trace);
  detachPorts(machine, trace);
  const found = verify(trace, [...machine.leftOver, ...leftOver(machine)]);
  return { trace, leftOver: found };
}

/** Makes the links that a domain begins with. */
export function applyLinks(machine: Machine, commands: readonly LinkCommand[]): void {
  linkAll(
    machine,
    commands.filter((command) => !goesBySlots(machine, command)),
  );
  for (const each of commands) if (goesBySlots(machine, each)) applyLink(machine, each);
}

/** Makes a link as its domain has it. */
function applyLink(machine: Machine, command: LinkCommand): void {
  if (goesBySlots(machine, command)) mapQueue(machine, machine.ports[command.port]!, command);
  else link(machine, command);
}

/** Directed queues of a DLB take no slot. Other profiles are not a DLB's: as everywhere. */
function goesBySlots(machine: Machine, { queue, profile }: LinkCommand): boolean {
  const { strictLinks, queues } = machine.plan;
  return strictLinks && profile === 0 && queues[queue]!.type !== 'directed';
}

function reclaimFrom(machine: Machine, portId: number, thread: number | null): number {
  const port = machine.ports[portId]!;
  const owner = machine.words[port.at + PORT.OWNER]! - 1;
  if (thread === null || owner === thread) return reclaim(machine, port);
  // It may have died after it gave the port up and before it rang.
  lookAt(machine, port);
  return 0;
}
