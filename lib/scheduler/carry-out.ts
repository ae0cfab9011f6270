/**
 * Commands of control to one domain: every one but open and stop.
 *
 * Runs on: the scheduler, between two passes.
 */
import type { Command, Reply } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import { STATE } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { NO_PORT } from './alerts.js';
import { forgive } from './faults.js';
import { close, start } from './lifecycle.js';
import { link, makeUnlinks, unlink } from './links.js';
import type { Machine } from './machine.js';
import { hold, lookAt, reclaim } from './ownership.js';

export function carryOut(machine: Machine, command: Command): Reply {
  switch (command.type) {
    case 'start':
      start(machine);
      return {};
    case 'link':
      makeUnlinks(machine);
      link(machine, command.link);
      return {};
    case 'unlink':
      if (machine.state === STATE.STARTED) machine.unlinks.push(command.link);
      else unlink(machine, command.link);
      return {};
    case 'attributes':
      Object.assign(machine.queues[command.queue]!, command.attributes);
      machine.rankQueues();
      return {};
    case 'hold':
      if (!command.isHeld) forgive(machine.ports[command.port]!);
      hold(machine, machine.ports[command.port]!, command.isHeld);
      return {};
    case 'reclaim':
      return { rescheduled: reclaimFrom(machine, command.port, command.thread) };
    case 'alert':
      machine.alerts.raise('user', NO_PORT, command.aux);
      return {};
    case 'close':
      machine.alerts.raise(command.byDevice ? 'device-reset' : 'domain-reset', NO_PORT, 0);
      close(machine);
      return {};
    default:
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'unknown command', { type: command.type });
  }
}

function reclaimFrom(machine: Machine, portId: number, thread: number | null): number {
  const port = machine.ports[portId]!;
  const owner = machine.words[port.at + PORT.OWNER]! - 1;
  if (thread === null || owner === thread) return reclaim(machine, port);
  // It may have died after it gave the port up and before it rang.
  lookAt(machine, port);
  return 0;
}
