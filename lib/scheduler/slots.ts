/**
 * How links change at run time on a DLB: the slots of a port.
 *
 * Runs on: the scheduler. A port has eight slots, each for one queue. A link that is taken away stalls the
 * whole port until it has completed what it holds; a link to a queue of which events are out stalls that
 * queue until those are completed. What has to wait is looked at in every pass, once completions have been
 * taken in. Control has checked every request against what was asked for before, so one that comes here
 * always finds a slot: nothing is stalled for a request that fails.
 */
import type { LinkCommand } from '../eventdev/commands.js';
import { assert } from '../memory/assert.js';
import { STATE } from '../memory/domain-state.js';
import { NO_QUEUE, SLOT, slotWord, SLOTS } from '../memory/slot-word.js';
import { refreshRoom } from './cq-room.js';
import { heldBy, heldOf } from './history.js';
import { countUnlink, setLink } from './links.js';
import { CHORE } from './machine.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';

/** What a slot may become, by what it is. */
export const NEXT_STATES: Readonly<Record<number, readonly number[]>> = {
  [SLOT.UNMAPPED]: [SLOT.MAPPED, SLOT.MAP_IN_PROGRESS],
  [SLOT.MAPPED]: [SLOT.UNMAPPED, SLOT.UNMAP_IN_PROGRESS, SLOT.MAPPED],
  [SLOT.MAP_IN_PROGRESS]: [SLOT.MAPPED, SLOT.UNMAPPED],
  [SLOT.UNMAP_IN_PROGRESS]: [SLOT.UNMAPPED, SLOT.MAPPED, SLOT.UNMAP_PENDING_MAP],
  [SLOT.UNMAP_PENDING_MAP]: [SLOT.UNMAP_IN_PROGRESS, SLOT.UNMAPPED],
};

/** One slot. `pending` waits for it, with its priority. */
export class Slot {
  state: number = SLOT.UNMAPPED;
  queue: number = NO_QUEUE;
  priority = 0;
  pending: number = NO_QUEUE;
  pendingPriority = 0;
  /** Where control sees it. */
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  get isUnmapping(): boolean {
    return this.state === SLOT.UNMAP_IN_PROGRESS || this.state === SLOT.UNMAP_PENDING_MAP;
  }
}

/** The slots of a port, all of them free. */
export function makeSlots(machine: Machine, port: PortSeat): Slot[] {
  const first = machine.at.slots + port.id * SLOTS;
  return Array.from({ length: SLOTS }, (_, i) => {
    const slot = new Slot(first + i);
    show(machine, slot);
    return slot;
  });
}

/** Links a queue to a port, or changes the link's priority. */
export function mapQueue(machine: Machine, port: PortSeat, command: LinkCommand): void {
  finishUnmaps(machine, port);
  const { queue, priority } = command;
  const own = port.slots.find((each) => each.queue === queue);
  if (own !== undefined) return mapAgain(machine, port, own, priority);
  const waiting = port.slots.find((each) => each.pending === queue);
  if (waiting !== undefined) {
    waiting.pendingPriority = priority;
    return;
  }
  const free = port.slots.find((each) => each.state === SLOT.UNMAPPED);
  if (free === undefined) park(machine, port, queue, priority);
  else begin(machine, port, free, queue, priority);
}

/** Takes a link away, now or when the port holds nothing. */
export function unmapQueue(machine: Machine, port: PortSeat, command: LinkCommand): void {
  finishUnmaps(machine, port);
  const { queue } = command;
  const slot = port.slots.find((each) => each.queue === queue);
  const waiting = port.slots.find((each) => each.pending === queue);
  if (slot?.state === SLOT.MAPPED && !isAtOnce(machine, port)) {
    move(machine, slot, SLOT.UNMAP_IN_PROGRESS);
    stall(port);
    machine.chores |= CHORE.SLOTS;
    return;
  }
  countUnlink(machine, port);
  if (slot?.state === SLOT.MAPPED) unmap(machine, port, slot);
  else if (slot?.state === SLOT.MAP_IN_PROGRESS) {
    endMap(machine, slot);
    clear(machine, slot);
  } else if (waiting !== undefined) {
    waiting.pending = NO_QUEUE;
    move(machine, waiting, SLOT.UNMAP_IN_PROGRESS);
  } else assert(false, 'control unlinks what is linked');
}

/** Finishes what can be finished now. Returns how many links went, and how many came. */
export function settleSlots(machine: Machine): { unlinks: number; links: number } {
  let unlinks = 0;
  let links = 0;
  for (const port of machine.ports) unlinks += finishUnmaps(machine, port);
  for (const port of machine.ports) {
    for (const slot of port.slots) {
      if (slot.state !== SLOT.MAP_IN_PROGRESS) continue;
      if (heldOf(machine, machine.queues[slot.queue]!) > 0) machine.chores |= CHORE.SLOTS;
      else {
        endMap(machine, slot);
        enforce(machine, port, slot);
        links++;
      }
    }
  }
  return { unlinks, links };
}

/** The queue has a slot already, whatever that is doing. */
function mapAgain(machine: Machine, port: PortSeat, slot: Slot, priority: number): void {
  slot.priority = priority;
  if (slot.state === SLOT.MAP_IN_PROGRESS) return;
  if (slot.state === SLOT.UNMAP_PENDING_MAP) {
    // The slot is kept, so who waits for it has to wait for another.
    const { pending, pendingPriority } = slot;
    slot.pending = NO_QUEUE;
    move(machine, slot, SLOT.UNMAP_IN_PROGRESS);
    park(machine, port, pending, pendingPriority, slot);
  }
  const wasLeaving = slot.state === SLOT.UNMAP_IN_PROGRESS;
  enforce(machine, port, slot);
  if (!wasLeaving) return;
  countUnlink(machine, port);
  if (!port.slots.some((each) => each.isUnmapping)) resume(machine, port);
}

/** Waits for a slot that is being unmapped; not for `other`. */
function park(
  machine: Machine,
  port: PortSeat,
  queue: number,
  priority: number,
  other?: Slot,
): void {
  const slot = port.slots.find((each) => each.state === SLOT.UNMAP_IN_PROGRESS && each !== other);
  assert(slot !== undefined, 'control asks for no more than there are slots');
  slot.pending = queue;
  slot.pendingPriority = priority;
  move(machine, slot, SLOT.UNMAP_PENDING_MAP);
}

/** Gives a free slot to a queue. */
function begin(
  machine: Machine,
  port: PortSeat,
  slot: Slot,
  queue: number,
  priority: number,
): void {
  slot.queue = queue;
  slot.priority = priority;
  const seat = machine.queues[queue]!;
  if (machine.state !== STATE.STARTED || heldOf(machine, seat) === 0) {
    enforce(machine, port, slot);
    return;
  }
  move(machine, slot, SLOT.MAP_IN_PROGRESS);
  seat.mapsDue++;
  seat.setLimit();
  machine.chores |= CHORE.SLOTS;
}

/** The queue waits for one map less. To be called however that ended: a queue that nobody let go on
 *  would stand still for all of its ports. */
function endMap(machine: Machine, slot: Slot): void {
  const seat = machine.queues[slot.queue]!;
  seat.mapsDue--;
  seat.setLimit();
}

/** The link of the slot is in force from now on, with its priority. */
function enforce(machine: Machine, port: PortSeat, slot: Slot): void {
  const { queue, priority } = slot;
  move(machine, slot, SLOT.MAPPED);
  setLink(machine, { port: port.id, queue, profile: 0, priority }, priority);
}

function unmap(machine: Machine, port: PortSeat, slot: Slot): void {
  setLink(machine, { port: port.id, queue: slot.queue, profile: 0, priority: 0 }, -1);
  clear(machine, slot);
}

function clear(machine: Machine, slot: Slot): void {
  slot.queue = NO_QUEUE;
  slot.pending = NO_QUEUE;
  move(machine, slot, SLOT.UNMAPPED);
}

/** Takes away all links that wait for the port to hold nothing, if it does; then those that waited for
 *  their slots come. Returns how many went. */
function finishUnmaps(machine: Machine, port: PortSeat): number {
  if (!port.stalled) return 0;
  if (heldBy(port) > 0) {
    machine.chores |= CHORE.SLOTS;
    return 0;
  }
  const leaving = port.slots.filter((slot) => slot.isUnmapping);
  const coming = leaving.map(({ pending, pendingPriority }) => ({ pending, pendingPriority }));
  for (const slot of leaving) {
    unmap(machine, port, slot);
    countUnlink(machine, port);
  }
  leaving.forEach((slot, i) => {
    const { pending, pendingPriority } = coming[i]!;
    if (pending !== NO_QUEUE) begin(machine, port, slot, pending, pendingPriority);
  });
  resume(machine, port);
  return leaving.length;
}

/** Whether a link of profile 0 can go without waiting. */
function isAtOnce(machine: Machine, port: PortSeat): boolean {
  return machine.state !== STATE.STARTED || port.profile !== 0 || heldBy(port) === 0;
}

/** The port is given nothing, of any queue. */
function stall(port: PortSeat): void {
  port.stalled = true;
  port.room = 0;
}

function resume(machine: Machine, port: PortSeat): void {
  port.stalled = false;
  // Should its indices be impossible, its next visit finds out.
  if (port.disabled || !refreshRoom(machine, port, 0)) port.room = 0;
}

function move(machine: Machine, slot: Slot, to: number): void {
  assert(NEXT_STATES[slot.state]!.includes(to), 'a slot changes as a DLB has it');
  slot.state = to;
  show(machine, slot);
}

function show(machine: Machine, slot: Slot): void {
  machine.m[slot.at] = slotWord(slot.state, slot.queue, slot.pending);
}
