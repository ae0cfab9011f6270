/**
 * Why an event is not delivered, in words.
 *
 * Runs on: the scheduler, for a command, between two passes. Looks at what the scheduler itself decides by, and
 * changes nothing. Counts what waits by walking it: for people, not for the data plane.
 */
import type { Why } from '../eventdev/commands.js';
import { LEVELS } from '../eventdev/event.js';
import { STATE } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { HISTORY, NODE, PLACE, RECORD, WINDOW } from '../memory/scheduler-layout.js';
import { observe } from '#words';
import { foldFlow, flowCount, HELD_BY, PARKED } from './flow-table.js';
import { entriesOf, heldBy, heldOf as heldOfQueue, historyAt, isCompleted } from './history.js';
import type { Machine } from './machine.js';
import type { PortSeat } from './port-seat.js';
import type { Lane, QueueSeat } from './queue-seat.js';

/** What keeps a port from being given events: what comes first in the list is the reason where ports have several,
 *  since that is what one may hope for. */
const OBSTACLES = {
  'no-room': 'its CQ is full',
  'history-full': 'it holds as many events as it may',
  'unlink-in-progress':
    'it is stalled until it has completed what it holds, since a link is being taken away',
  'no-thread': 'it has no thread',
  'port-disabled': 'it is disabled',
  'port-cut-off': 'it is cut off',
} as const;
type Obstacle = keyof typeof OBSTACLES;

/** @param flow of an atomic queue, or of the atomic events of an `any` queue; null: the queue as a whole.
 *  @param now the time by which passes are made; heldMs is measured from it. */
export function why(machine: Machine, queueId: number, flow: number | null, now: number): Why {
  const queue = machine.queues[queueId]!;
  const answer =
    flow !== null && queue.atomic !== null
      ? whyFlow(machine, queue.atomic, flow, now)
      : whyQueue(machine, queue, now);
  const asked = { queue: queueId, flow };
  // Nothing goes anywhere, whatever else there is.
  if (machine.state !== STATE.STARTED && answer.waiting > 0) {
    const text = `nothing is delivered: the domain is being stopped; ${eventsOf(answer.waiting)} of queue ${queueId} waiting`;
    return { ...asked, reason: 'stopping', waiting: answer.waiting, text };
  }
  return { ...asked, ...answer };
}

type Answer = Omit<Why, 'queue' | 'flow'>;

function whyFlow(machine: Machine, lane: Lane, flow: number, now: number): Answer {
  const { m } = machine;
  const table = lane.flows!;
  const slot = table.slotOf(flow);
  const word = m[slot]!;
  const waiting = waitingOfFlow(machine, lane, slot);
  const name = `flow ${flow}`;
  if (flowCount(word) === 0) {
    if (waiting === 0)
      return {
        reason: 'idle',
        waiting,
        text: `${name} is idle: none of its events waits or is held`,
      };
    const { reason, text, port } = whyQueue(machine, lane.queue, now);
    return {
      reason,
      waiting,
      ...(port === undefined ? {} : { port }),
      text: `${name} is on no port; ${text}`,
    };
  }
  const port = machine.ports[(word & HELD_BY) - 1]!;
  const held = heldMs(port, now);
  const common = { waiting, ...holder(port, now) };
  const where = `${name} is on port ${port.id}`;
  if (waiting === 0) {
    const text = `${where}, which holds ${eventsOf(flowCount(word))} of it${oldest(held)}; none waits`;
    return { reason: 'held', ...common, text };
  }
  if (lane.queue.links[port.id]! < 0) {
    const text = `${where}, which is linked to queue ${lane.queue.id} no more: the flow moves on when the port has completed what it holds${oldest(held)}`;
    return { reason: 'not-linked', ...common, text };
  }
  const limit = atLimit(machine, lane.queue);
  const obstacle = obstacleOf(machine, port);
  if (obstacle === null && limit !== null) {
    return { ...common, reason: limit.reason, text: `${where}, which has room; ${limit.text}` };
  }
  if (obstacle === null) {
    return { reason: 'ready', ...common, text: `${where}, which has room: the next pass delivers` };
  }
  return { reason: obstacle, ...common, text: `${where}, ${OBSTACLES[obstacle]}${oldest(held)}` };
}

function whyQueue(machine: Machine, queue: QueueSeat, now: number): Answer {
  const waiting = waitingOfQueue(machine, queue);
  const name = `queue ${queue.id}`;
  if (waiting === 0) {
    const holders = machine.ports.filter((port) => heldOf(machine, queue, port) > 0);
    const where = holders.length === 0 ? 'no port holds one' : `held by ${portsOf(holders)}`;
    return { reason: 'idle', waiting, text: `no event of ${name} waits; ${where}` };
  }
  const behind = `${eventsOf(waiting)} of ${name} waiting`;
  if (queue.ports.length === 0)
    return { reason: 'not-linked', waiting, text: `${behind}: it is linked to no port` };
  const limit = atLimit(machine, queue);
  if (limit !== null) return { ...limit, waiting, text: `${behind}: ${limit.text}` };
  const full = windowFull(machine, queue, now);
  if (full !== null) return { ...full, waiting, text: `${behind}: ${full.text}` };
  const found = queue.ports.map((port) => ({ port, obstacle: obstacleOf(machine, port) }));
  if (found.some(({ obstacle }) => obstacle === null)) {
    return { reason: 'ready', waiting, text: `${behind}: the next pass delivers` };
  }
  const reasons = Object.keys(OBSTACLES) as Obstacle[];
  const reason = reasons.find((each) => found.some(({ obstacle }) => obstacle === each))!;
  const words = found.map(
    ({ port, obstacle }) => `port ${port.id}: ${OBSTACLES[obstacle!]}${oldest(heldMs(port, now))}`,
  );
  const only = found.length === 1 ? found[0]!.port : undefined;
  return { reason, waiting, ...holder(only, now), text: `${behind}: ${words.join('; ')}` };
}

/** Why the port is given nothing; null if it has room. */
function obstacleOf(machine: Machine, port: PortSeat): Obstacle | null {
  if (port.disabled) return 'port-cut-off';
  if (port.held) return 'port-disabled';
  if (!port.live) return 'no-thread';
  if (port.stalled) return 'unlink-in-progress';
  if (port.room > 0) return null;
  if (observe(machine.words, port.at + PORT.OWNER) === 0) return 'no-thread';
  return heldBy(port) >= port.historyDepth ? 'history-full' : 'no-room';
}

/** The fields of an answer that name a port. */
function holder(port: PortSeat | undefined, now: number): Pick<Why, 'port' | 'heldMs'> {
  if (port === undefined) return {};
  const held = heldMs(port, now);
  return held === undefined ? { port: port.id } : { port: port.id, heldMs: held };
}

/** The queue itself may have no more events out: it has its inflights, or a port is being linked to it. */
function atLimit(machine: Machine, queue: QueueSeat): Pick<Answer, 'reason' | 'text'> | null {
  const out = heldOfQueue(machine, queue);
  if (queue.mapsDue > 0) {
    const text = `a port is being linked to it, so its ${eventsOf(out)} that are out have to be completed`;
    return { reason: 'link-in-progress', text };
  }
  if (out < queue.inflights) return null;
  const text = `${eventsOf(out)} of it are out, and that is all there may be`;
  return { reason: 'inflight-limit', text };
}

/** An ordered queue whose window has no place left waits for whoever holds the oldest. */
function windowFull(machine: Machine, queue: QueueSeat, now: number): Answer | null {
  const lane = queue.ordered;
  if (lane === null || lane.window === null || lane.window.room > 0) return null;
  let oldestPlace = -1;
  lane.window.each((place) => {
    if (oldestPlace < 0 && machine.m[place + WINDOW.STATE] === PLACE.HELD) oldestPlace = place;
  });
  const port = machine.ports.find((each) => holdsPlace(machine, each, oldestPlace));
  const held = port === undefined ? undefined : heldMs(port, now);
  const who = port === undefined ? 'an event that waits to be delivered again' : `port ${port.id}`;
  return {
    reason: 'window-full',
    waiting: 0,
    ...holder(port, now),
    text: `its window is full: ${lane.window.used} places wait for ${who}${oldest(held)}`,
  };
}

function holdsPlace(machine: Machine, port: PortSeat, place: number): boolean {
  for (let i = 0; i < entriesOf(port); i++) {
    const index = (port.historyHead + i) | 0;
    if (isCompleted(machine, port, index)) continue;
    if (machine.m[historyAt(machine, port, index) + HISTORY.PLACE] === place) return true;
  }
  return false;
}

/** How long the port has held its oldest event at least, in milliseconds; undefined if it holds none, or if
 *  passes do not look at the time. */
function heldMs(port: PortSeat, now: number): number | undefined {
  if (heldBy(port) === 0 || port.oldestSince === 0) return undefined;
  return Math.max(0, Math.round(now - port.oldestSince));
}

function heldOf(machine: Machine, queue: QueueSeat, port: PortSeat): number {
  return machine.m[machine.at.heldEvents + queue.id * machine.ports.length + port.id]!;
}

function waitingOfQueue(machine: Machine, queue: QueueSeat): number {
  let sum = 0;
  for (const lane of queue.lanes) {
    for (let level = 0; level < LEVELS; level++) {
      const list = lane.list + level;
      sum += machine.storage.count(list) + machine.parking.waiting[list]!;
    }
  }
  return sum;
}

/** Events of the flow, or of others that share its slot, that wait: parked, or not looked at yet. */
function waitingOfFlow(machine: Machine, lane: Lane, slot: number): number {
  const { m, storage } = machine;
  const table = lane.flows!;
  let sum = 0;
  if ((m[slot]! & PARKED) !== 0) {
    const record = m[table.recordAt(slot)]!;
    for (let level = 0; level < LEVELS; level++) {
      let node = m[record + RECORD.HEADS + level]!;
      for (; node >= 0; node = m[node + NODE.NEXT]!) sum++;
    }
  }
  for (let level = 0; level < LEVELS; level++) {
    storage.each(lane.list + level, (entry) => {
      if (table.table + foldFlow(m[entry]!, table.mask) === slot) sum++;
    });
  }
  return sum;
}

function oldest(held: number | undefined): string {
  return held === undefined ? '' : `, oldest held ${held} ms`;
}
function eventsOf(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}
function portsOf(ports: readonly PortSeat[]): string {
  return `port${ports.length === 1 ? '' : 's'} ${ports.map((port) => port.id).join(', ')}`;
}
