/**
 * What must be true after each pass: "an event enqueued before the pass and able to go is in a CQ
 * after it", and nothing less urgent went in its place.
 */
import { LEVELS } from '../../lib/eventdev/event.js';
import { OPAQUE_RANGE } from '../../lib/eventdev/limits.js';
import { HEADER } from '../../lib/memory/layout.js';
import type { OraclePort } from './oracle-port.js';
import type { OracleQueue } from './oracle-queue.js';
import { nameOf } from './tracked.js';
import type { Tracked } from './tracked.js';
import { check } from './violation.js';
import type { SimDomain } from './world.js';

export function checkNothingWaits(of: SimDomain, whole: boolean): void {
  const { oracle, machine } = of;
  if (machine.watchesThreshold && whole) {
    const shown = machine.words[HEADER.IN_DOMAIN]!;
    check(shown === oracle.inside, 'C7', () => `IN_DOMAIN is ${shown}, inside ${oracle.inside}`);
  }
  for (const queue of oracle.queues) {
    if (isAtLimit(of, queue) || queue.waits === 0) continue;
    const open = oracle.ports.filter((port) => queue.links[port.id]! >= 0 && hasRoom(port));
    if (open.length > 0) checkQueue(of, queue, open);
    if (queue.shape.type === 'parallel' || queue.shape.type === 'directed') checkUrgency(of, queue);
  }
}

function hasRoom(port: OraclePort): boolean {
  if (!port.isServed || port.undelivered >= port.shape.depth) return false;
  if (port.held.length >= port.shape.historyDepth) return false;
  // Completed ones take no place, whatever is open in front of them.
  return !port.shape.independent || port.held.length < OPAQUE_RANGE;
}

/** It has as many events out as it may. */
function isAtLimit({ oracle }: SimDomain, queue: OracleQueue): boolean {
  const { inflights } = queue.shape;
  if (inflights === Infinity) return false;
  const held = oracle.ports.reduce((sum, port) => {
    return sum + port.held.filter((event) => event.queue === queue.id).length;
  }, 0);
  check(
    held <= inflights,
    'C8',
    () => `queue ${queue.id} has ${held} out, ${inflights} are allowed`,
  );
  return held === inflights;
}

function checkQueue(of: SimDomain, queue: OracleQueue, open: readonly OraclePort[]): void {
  const isFull = of.machine.queues[queue.id]!.ordered?.window!.full ?? false;
  for (const lane of queue.lanes.values()) {
    const event = lane.find((each) => mayGo(of, queue, each, open));
    if (event === undefined || (event.lane === 'ordered' && isFull && !event.wasGiven)) continue;
    // Others of its slot may hold it up: fsck looks at those.
    if (event.lane === 'atomic' && slotIsHeld(of, queue, event, open)) continue;
    check(false, event.lane === 'atomic' ? 'C6' : 'C8', () => {
      return `${nameOf(event)} waits while port ${open[0]!.id} has room`;
    });
  }
}

/** A child of an ordered event may wait for older ones. */
function mayGo(
  of: SimDomain,
  queue: OracleQueue,
  event: Tracked,
  open: readonly OraclePort[],
): boolean {
  if (event.parent !== null && !event.wasGiven) {
    const { queue: id } = event.parent;
    if (of.oracle.queues[id]!.open.some((other) => other.left!.batch <= event.parent!.batch)) {
      return false;
    }
  }
  if (event.lane !== 'atomic') return true;
  const holder = queue.holderOf(event.flow);
  return holder < 0 || open.some((port) => port.id === holder);
}

/** Flows that fold into the same slot are exclusive together. */
function slotIsHeld(
  of: SimDomain,
  queue: OracleQueue,
  event: Tracked,
  open: readonly OraclePort[],
): boolean {
  const table = of.machine.queues[queue.id]!.atomic!.flows!;
  const slot = table.slotOf(event.word0);
  return of.oracle.ports.some(
    (port) =>
      !open.includes(port) &&
      port.held.some(
        (other) =>
          other.queue === queue.id && other.lane === 'atomic' && table.slotOf(other.word0) === slot,
      ),
  );
}

/** C5: of what was delivered now, nothing less urgent took a place that an event left waiting could
 *  have had, but for one that had its turn. */
function checkUrgency(of: SimDomain, queue: OracleQueue): void {
  const { oracle } = of;
  let level = 0;
  while (level < LEVELS && queue.waiting[level] === queue.windowed[level]) level++;
  if (level === LEVELS) return;
  const overtaking = oracle.delivered.filter((event) => {
    const other = oracle.queues[event.queue]!;
    if (queue.links[event.holder]! < 0) return false;
    if (other === queue) return event.level > level;
    const mine = queue.links[event.holder]!;
    const its = other.links[event.holder]!;
    if (mine !== its) return mine < its;
    return queue.priority < other.priority;
  });
  check(overtaking.length <= 1, 'C5', () => {
    const names = overtaking.map(nameOf).join(', ');
    return `level ${level} of queue ${queue.id} waits, and these went: ${names}`;
  });
}
