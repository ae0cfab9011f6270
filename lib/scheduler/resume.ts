/**
 * A new scheduler goes on with a domain from which a recovery has taken all events.
 *
 * Runs on: the scheduler. What it cannot know from control it reads where the recovery left it:
 * leases, generations and ring indices in domain memory, counts in scheduler memory. A domain that
 * writes over its own words harms itself alone.
 */
import type { Command } from '../eventdev/commands.js';
import {
  epochOf,
  isDisabled,
  isHeld,
  LEASE_NUMBER_MASK,
  leaseNumber,
  PROFILE_MASK,
  STATE,
  stateOf,
} from '../memory/domain-state.js';
import { HEADER, PORT } from '../memory/layout.js';
import { observe } from '#words';
import { beginAdaptive } from './cq-room.js';
import { resumeCut } from './faults.js';
import { applyLinks } from './carry-out.js';
import { useProfile } from './links.js';
import type { Machine } from './machine.js';
import { hold, lookAt } from './ownership.js';
import type { PortSeat } from './port-seat.js';
import { makeSlots } from './slots.js';

type Resume = Extract<Command, { type: 'resume' }>;

/** To be called on a new machine, before anything else. */
export function resume(machine: Machine, { plan, holds, isStarted }: Resume): void {
  const control = observe(machine.words, HEADER.CTL);
  machine.epoch = epochOf(control);
  // Started by `start`, which has credits to split.
  machine.state = isStarted ? STATE.CONFIGURED : stateOf(control);
  machine.stats.resume();
  // What ports compare with their threshold is published in any case.
  machine.publishedInside = -1;
  for (const port of machine.ports) {
    resumePort(machine, port);
    machine.m[machine.at.depthInUse + port.id] = port.depth;
    beginAdaptive(machine, port);
  }
  for (const port of machine.ports) if (plan.strictLinks) port.slots = makeSlots(machine, port);
  applyLinks(machine, plan.links);
  for (const port of machine.ports) {
    useProfile(machine, port, port.yielded & PROFILE_MASK);
    const isCut = resumeCut(machine, port);
    hold(machine, port, isCut || holds[port.id] === true);
    // Whoever rang meanwhile rang for the one who died.
    lookAt(machine, port);
  }
}

function resumePort({ words }: Machine, port: PortSeat): void {
  const { at } = port;
  const lease = observe(words, at + PORT.LEASE);
  port.lease = leaseNumber(lease) & LEASE_NUMBER_MASK;
  port.disabled = isDisabled(lease);
  port.held = isHeld(lease);
  port.generation = observe(words, at + PORT.ACK_GENERATION);
  port.detached = (port.generation - 1) | 0;
  port.cqStart = observe(words, at + PORT.CQ_START);
  // As at the beginning, a port that nobody ever had waits with what it is given.
  const owned = observe(words, at + PORT.GENERATION);
  port.live = owned === port.generation || (owned === 0 && port.generation === 1);
  port.yielded = observe(words, at + PORT.YIELD_ACK);
  port.takenNew = observe(words, at + PORT.TAKEN_NEW);
  port.publishedNew = port.takenNew;
  port.pieces = observe(words, at + PORT.PIECES);
  port.lost = observe(words, at + PORT.LOST);
}
