/**
 * The checker of scheduler memory: an accepted event is in exactly one of its structures.
 *
 * Runs on: whoever has the machine between two passes; imported by tests only. Writes nothing.
 * Walks every structure, each loop bounded by what the structure can hold, and says in words what
 * is wrong. A file per structure, all of which report to the same `Findings`; a new structure adds a
 * function here and, where it holds events, calls `see`.
 */
import { LEVELS } from '../eventdev/event.js';
import { creditCount, creditTag, leaseWord } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { Findings } from './fsck-findings.js';
import { checkFlows } from './fsck-flows.js';
import { checkHistories } from './fsck-history.js';
import { checkParking } from './fsck-parking.js';
import { checkPieces } from './fsck-pieces.js';
import { checkStorage } from './fsck-storage.js';
import { checkWindows } from './fsck-windows.js';
import type { Machine } from './machine.js';

/** What is wrong with the memory of a machine: an empty list when nothing is. */
export function fsck(machine: Machine): string[] {
  const found = new Findings(machine);
  checkStorage(machine, found);
  checkParking(machine, found);
  checkHistories(machine, found);
  checkWindows(machine, found);
  checkPieces(machine, found);
  checkFlows(machine, found);
  checkLevels(machine, found);
  checkEvents(machine, found);
  checkCredits(machine, found);
  return found.problems;
}

/** The bit of a level is set when something waits on it. */
function checkLevels(machine: Machine, found: Findings): void {
  for (const lane of machine.lanes) {
    for (let level = 0; level < LEVELS; level++) {
      const list = lane.list + level;
      const parked = machine.parking.waiting[list]!;
      const waits = machine.storage.count(list) + parked;
      const where = `lane ${lane.index} of queue ${lane.queue.id}, level ${level}`;
      const bits = ((lane.levels & lane.queue.levels) >>> level) & 1;
      found.expect(bits === 1 || waits === 0, `${where}: ${waits} events wait, a bit is clear`);
      const seen = found.parkedOn(list);
      found.expect(parked === seen, `${where}: ${seen} events are parked, counted ${parked}`);
    }
  }
}

/** As many events as are counted, each with a sequence of its own. */
function checkEvents(machine: Machine, found: Findings): void {
  const { events } = found;
  const { inside, plan } = machine;
  found.expect(
    events.length === inside,
    `${events.length} events are in memory, counted ${inside}`,
  );
  found.expect(inside <= plan.capacity, `${inside} events are inside, of ${plan.capacity}`);
  const sequences = new Map<number, string>();
  for (const { sequence, where } of events) {
    const other = sequences.get(sequence);
    found.expect(other === undefined, `sequence ${sequence} is in ${other} and in ${where}`);
    const age = (machine.sequence - sequence) | 0;
    found.expect(age > 0, `sequence ${sequence} in ${where} was not given out yet`);
    sequences.set(sequence, where);
  }
}

/** The closed system: free + unspent + inside = eventsLimit. */
function checkCredits(machine: Machine, found: Findings): void {
  let unspent = 0;
  for (const port of machine.ports) {
    unspent += port.unspent;
    found.expect(port.unspent >= 0, `port ${port.id} has ${port.unspent} credits`);
    const word = machine.words[port.at + PORT.CREDIT]!;
    const left = creditCount(word);
    const tag = creditTag(leaseWord(port.lease, false, false));
    found.expect(word - left === tag, `port ${port.id}: its credits are of another lease`);
    found.expect(
      left <= port.unspent,
      `port ${port.id} has ${left} credits, the scheduler knows of ${port.unspent}`,
    );
  }
  const { free, inside } = machine;
  found.expect(
    free + unspent + inside === machine.plan.eventsLimit,
    `credits: ${free} free + ${unspent} unspent + ${inside} inside are not ${machine.plan.eventsLimit}`,
  );
}
