/**
 * The names of what an independent port holds: dealt at delivery, free again when the event is completed.
 *
 * Runs on: the scheduler. Writes names into entries of history lists and into slots of CQs that are not
 * published. Names are dealt in turn; those of open events are left out. An entry says itself which name it
 * has and whether it is open, so a completion notes nothing here. There are more names than a port may have
 * events open, or as many, so a search ends.
 */
import { nameAt, nameMask, openMax, putName } from '../eventdev/event-name.js';
import { QE_WORDS } from '../eventdev/event.js';
import { COMPLETED, HISTORY, HISTORY_WORDS } from '../memory/scheduler-layout.js';
import { heldBy, historyAt } from './history.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';

export class Names {
  /** Which bits of an event are its name. */
  readonly mask: number;
  /** Most events that the port may have open. */
  readonly openMax: number;
  /** By name: index in the history list, and in the CQ, of the event that had it last. */
  readonly index: Int32Array;
  readonly cqIndex: Int32Array;
  /** Where the search for a free name begins. */
  next = 0;

  /** @param capacity most events that may be in the domain */
  constructor(count: number, capacity: number) {
    this.mask = nameMask(count);
    this.openMax = Math.min(openMax(count), capacity);
    this.index = new Int32Array(count);
    this.cqIndex = new Int32Array(count);
  }

  /** Index in the list, and in the CQ, of the event of an open entry. */
  indexOf(m: Int32Array, entry: number): number {
    return this.index[nameAt(m, entry, this.mask)]!;
  }

  cqIndexOf(m: Int32Array, entry: number): number {
    return this.cqIndex[nameAt(m, entry, this.mask)]!;
  }
}

/** Names `count` entries of the port's list, from its end on; the last so many of its CQ are copies of them. */
export function nameGiven(machine: Machine, port: PortSeat, names: Names, count: number): void {
  const { m, words } = machine;
  const { slots, mask } = port.cq.layout;
  const { index, cqIndex } = names;
  const turn = index.length - 1;
  let name = names.next;
  for (let i = 0; i < count; i++) {
    const given = (port.historyTail + i) | 0;
    while (openAt(machine, port, names, name, given) >= 0) name = (name + 1) & turn;
    const to = (port.cq.tail - count + i) | 0;
    putName(m, historyAt(machine, port, given), names.mask, name);
    putName(words, slots + (to & mask) * QE_WORDS, names.mask, name);
    index[name] = given;
    cqIndex[name] = to;
    name = (name + 1) & turn;
  }
  names.next = name;
}

/** Offset of the open entry that the event at `at` names, or -1. */
export function namedAt(
  machine: Machine,
  port: PortSeat,
  names: Names,
  source: Int32Array,
  at: number,
): number {
  const name = nameAt(source, at, names.mask);
  return name < names.index.length ? openAt(machine, port, names, name, port.historyTail) : -1;
}

/** Offset of the open entry of a name, of a list that ends before `end`; or -1. */
function openAt(machine: Machine, port: PortSeat, names: Names, name: number, end: number): number {
  const { m } = machine;
  const index = names.index[name]!;
  const { historyHead } = port;
  if ((index - historyHead) >>> 0 >= (end - historyHead) >>> 0) return -1;
  const entry = historyAt(machine, port, index);
  const isOpen = m[entry + HISTORY.FLOW]! !== COMPLETED && nameAt(m, entry, names.mask) === name;
  return isOpen ? entry : -1;
}

/** More entries of the port's list are completed than open. */
export function hasGaps(port: PortSeat): boolean {
  return port.holes > heldBy(port);
}

/** Moves the port's open entries together, up to the newest: what was completed before its turn leaves no gaps.
 *  At each store each open entry is whole somewhere, and at worst twice. */
export function closeGaps(machine: Machine, port: PortSeat, names: Names): void {
  const { m } = machine;
  let to = port.historyTail;
  for (let from = (to - 1) | 0; ((from - port.historyHead) | 0) >= 0; from = (from - 1) | 0) {
    const entry = historyAt(machine, port, from);
    if (m[entry + HISTORY.FLOW]! === COMPLETED) continue;
    to = (to - 1) | 0;
    if (to === from) continue;
    moveEntry(machine, entry, historyAt(machine, port, to));
    names.index[nameAt(m, entry, names.mask)] = to;
  }
  if (port.headSeen === port.historyHead) port.headSeen = to;
  port.historyHead = to;
  port.holes = 0;
  machine.checkpoint?.noteMoved(port);
}

function moveEntry({ m }: Machine, from: number, to: number): void {
  for (let i = 0; i < HISTORY_WORDS; i++) if (i !== HISTORY.FLOW) m[to + i] = m[from + i]!;
  m[to + HISTORY.FLOW] = m[from + HISTORY.FLOW]!;
  m[from + HISTORY.FLOW] = COMPLETED;
  m[from + HISTORY.PIECES] = -1;
}
