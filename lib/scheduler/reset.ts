/**
 * The reset procedure of a domain, step by step: what a DLB driver does when the last user of a
 * domain is gone, in its order.
 *
 * Runs on: the scheduler. Each step notes what it did, so that a reset can be followed from outside.
 * A stop goes as far as the verification; a close ends the ports as well.
 */
import { QE_WORDS } from '../eventdev/event.js';
import type { ResetStep, ResetStepName } from '../eventdev/reports.js';
import { STATE } from '../memory/domain-state.js';
import { PORT, WAYS_MASK } from '../memory/layout.js';
import { observe } from '#words';
import { revoke, writeOff } from './credits.js';
import { countNone, listAll } from './flush.js';
import { drainWindows } from './intake.js';
import { enter } from './lifecycle.js';
import type { Machine } from './machine.js';
import { closeRing, handOver } from './ownership.js';
import type { QueueSeat } from './queue-seat.js';
import { settleSlots } from './slots.js';
import { countersLeft, notAddingUp } from './verify.js';
import { makeUnlinks } from './links.js';

/** Notes a step. */
function note(
  trace: ResetStep[],
  step: ResetStepName,
  counts: Readonly<Record<string, number>>,
): void {
  trace.push({ step, counts });
}

/** The first step: NEW is refused, and nothing more is delivered. What is on its way comes in still. */
export function closeGate(machine: Machine, trace: ResetStep[]): void {
  const { free } = machine;
  enter(machine, STATE.STOPPING);
  // A port that holds no credits can accept no NEW: what it took before is known to the last one.
  for (const port of machine.ports) revoke(machine, port);
  note(trace, 'close-gate', { ports: machine.ports.length, credits: machine.free - free });
}

/**
 * The steps that empty the domain, up to the verification. Returns the events, four words each. Memory has them until
 * `forgetAll`: whoever has to go on for a scheduler that dies meanwhile finds them there.
 */
export function drain(machine: Machine, trace: ResetStep[]): Int32Array {
  disarm(machine, trace);
  endCompletions(machine, trace);
  const { events, byPort, byQueue } = listAll(machine);
  const found = notAddingUp(machine, byPort, events.length / QE_WORDS);
  countNone(machine);
  const ports = byPort.filter((count) => count > 0).length;
  note(trace, 'drain-ports', { ports, events: sum(byPort) });
  finishLinks(machine, trace);
  const isDirected = (queue: QueueSeat): boolean =>
    machine.plan.queues[queue.id]!.type === 'directed';
  const noteQueues = (step: ResetStepName, queues: readonly QueueSeat[]): void =>
    note(trace, step, { queues: queues.length, events: sum(queues.map(({ id }) => byQueue[id]!)) });
  const spread = machine.ranked.filter((queue) => !isDirected(queue));
  noteQueues(
    'drain-linked-queues',
    spread.filter((queue) => queue.ports.length > 0),
  );
  noteQueues(
    'drain-unlinked-queues',
    spread.filter((queue) => queue.ports.length === 0),
  );
  noteQueues('drain-directed-queues', machine.ranked.filter(isDirected));
  for (const port of machine.ports) writeOff(machine, port);
  machine.wishing = false;
  machine.owesCredits = false;
  machine.sinceTurn = 0;
  machine.leftOver = verify(trace, [...found, ...countersLeft(machine)]);
  return events;
}

/** Ends what a closed domain's ports could still do. */
export function detachPorts(machine: Machine, trace: ResetStep[]): void {
  const attached = machine.ports.filter((port) => ownerOf(machine, port.at) !== 0).length;
  enter(machine, STATE.CLOSED);
  note(trace, 'detach-ports', { ports: machine.ports.length, attached });
}

/** A domain that never ran, or was stopped before, has nothing to drain. */
export function closeQuiet(machine: Machine, trace: ResetStep[]): void {
  note(trace, 'close-gate', { ports: machine.ports.length, credits: 0 });
  note(trace, 'disarm-wakes', { sleeping: sleepers(machine) });
}

/** Notes what is not as it has to be. Returns the names. */
export function verify(trace: ResetStep[], found: readonly string[]): readonly string[] {
  note(trace, 'verify', { nonZero: found.length });
  return found;
}

/** Every thread that waits on a port is woken, and none of its waits ends in an event any more. */
function disarm(machine: Machine, trace: ResetStep[]): void {
  const sleeping = sleepers(machine);
  machine.epoch++;
  enter(machine, STATE.STOPPED);
  note(trace, 'disarm-wakes', { sleeping });
}

/** Rings are fenced and taken in up to there; nothing that a thread sends afterwards completes anything. */
function endCompletions(machine: Machine, trace: ResetStep[]): void {
  let entries = 0;
  machine.checkpoint?.openAll();
  for (const port of machine.ports) {
    handOver(machine, port, port.generation);
    entries += closeRing(machine, port);
    // A thread may have died between counting and publishing.
    machine.words[port.at + PORT.NEW_COUNT] = port.takenNew;
  }
  machine.checkpoint?.commit();
  drainWindows(machine);
  note(trace, 'end-completions', { entries });
}

/** Links that waited for ports and queues to be empty: first those that go, then those that come. */
function finishLinks(machine: Machine, trace: ResetStep[]): void {
  const pending = machine.unlinks.length;
  makeUnlinks(machine);
  const { unlinks, links } = settleSlots(machine);
  note(trace, 'finish-links', { unlinks: unlinks + pending, links });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

function sleepers(machine: Machine): number {
  const { words, ports } = machine;
  return ports.filter(({ at }) => (observe(words, at + PORT.SLEEPING) & WAYS_MASK) !== 0).length;
}

function ownerOf(machine: Machine, portAt: number): number {
  return observe(machine.words, portAt + PORT.OWNER);
}
