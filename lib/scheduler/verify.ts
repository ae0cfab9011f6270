/**
 * What is not zero in a domain that should be empty.
 *
 * Runs on: the scheduler, at the end of a reset. A DLB's driver refuses to create another domain when a
 * counter is left over, since whoever had it next would inherit it.
 */
import { LEVELS } from '../eventdev/event.js';
import { entriesOf } from './history.js';
import type { Machine } from './machine.js';

/** Names of all counters that are not what they have to be, with their values. */
export function leftOver(machine: Machine): string[] {
  const found: string[] = [];
  const expect = (name: string, value: number, expected = 0): void => {
    if (value !== expected) found.push(`${name} = ${value}`);
  };
  expect('events inside', machine.inside);
  expect('credits free', machine.free, machine.plan.eventsLimit);
  for (const port of machine.ports) {
    expect(`port ${port.id} history list`, entriesOf(port));
    expect(`port ${port.id} completed out of order`, port.holes);
    expect(`port ${port.id} unspent credits`, port.unspent);
  }
  verifyQueues(machine, expect);
  return found;
}

function verifyQueues(
  machine: Machine,
  expect: (name: string, value: number, expected?: number) => void,
): void {
  const { m, at, ports, parking, storage } = machine;
  for (const { id, mapsDue, lanes } of machine.queues) {
    expect(`queue ${id} links in progress`, mapsDue);
    for (const port of ports) {
      const pair = id * ports.length + port.id;
      expect(`queue ${id} events with port ${port.id}`, m[at.heldEvents + pair]!);
      expect(`queue ${id} flows of port ${port.id}`, m[at.pinnedFlows + pair]!);
    }
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
