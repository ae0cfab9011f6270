/**
 * What is not zero in a domain that should be empty.
 *
 * Runs on: the scheduler, at the end of a reset. A DLB's driver refuses to create another domain when a
 * counter is left over, since whoever had it next would inherit it.
 */
import { LEVELS } from '../eventdev/event.js';
import { entriesOf } from './history.js';
import type { Machine } from './machine.js';

type Expect = (name: string, value: number, expected?: number) => void;

/** Calls `check` with what compares a counter; returns the names of those that are something else, with their values. */
function found(check: (expect: Expect) => void): string[] {
  const wrong: string[] = [];
  check((name, value, expected = 0) => {
    if (value !== expected) wrong.push(`${name} = ${value}`);
  });
  return wrong;
}

/** Before anything is zeroed: whether what was found is what was counted. */
export function notAddingUp(machine: Machine, byPort: readonly number[], all: number): string[] {
  const { m, at, queues, pieces } = machine;
  return found((expect) => {
    expect('events inside', machine.inside, all);
    if (pieces !== null) return;
    // Pieces are held with their event and counted by none of these.
    for (const { id } of machine.ports) {
      let held = 0;
      for (const queue of queues) held += m[at.heldEvents + queue.id * byPort.length + id]!;
      expect(`events with port ${id}`, held, byPort[id]);
    }
  });
}

/** All that is not what it has to be in a domain that has been emptied and forgotten. */
export function leftOver(machine: Machine): string[] {
  return [...countersLeft(machine), ...found((expect) => verifyStorage(machine, expect))];
}

/** Counters that are not what they have to be when nothing is inside. */
export function countersLeft(machine: Machine): string[] {
  return found((expect) => verifyCounters(machine, expect));
}

function verifyCounters(machine: Machine, expect: Expect): void {
  expect('events inside', machine.inside);
  expect('credits free', machine.free, machine.plan.eventsLimit);
  for (const port of machine.ports) {
    expect(`port ${port.id} history list`, entriesOf(port));
    expect(`port ${port.id} completed out of order`, port.holes);
    expect(`port ${port.id} unspent credits`, port.unspent);
  }
  const { m, at, ports } = machine;
  for (const { id, mapsDue } of machine.queues) {
    expect(`queue ${id} links in progress`, mapsDue);
    for (const port of ports) {
      const pair = id * ports.length + port.id;
      expect(`queue ${id} events with port ${port.id}`, m[at.heldEvents + pair]!);
      expect(`queue ${id} flows of port ${port.id}`, m[at.pinnedFlows + pair]!);
    }
  }
}

function verifyStorage({ queues, parking, storage }: Machine, expect: Expect): void {
  for (const { id, lanes } of queues) {
    for (const lane of lanes) {
      if (lane.window !== null) expect(`queue ${id} places`, lane.window.used);
      for (let level = 0; level < LEVELS; level++) {
        const list = lane.list + level;
        expect(`queue ${id} ${lane.type} level ${level} depth`, storage.count(list));
        expect(`queue ${id} ${lane.type} level ${level} parked`, parking.waiting[list]!);
      }
    }
  }
}
