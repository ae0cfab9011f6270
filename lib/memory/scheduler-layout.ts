/**
 * Scheduler memory: one SharedArrayBuffer per domain, held by control and the scheduler only.
 *
 *   statistics   SEQ, then the counts as 64-bit floats, copied here after each pass
 *   levels       events waiting per queue and level; flows and events per queue and port;
 *                history indices, depth in use and link slots per port: control reads them as they are;
 *                which ports are cut off
 *   alerts       a ring that the scheduler writes and control reads
 *   checkpoint   two areas and which of them counts: where rings, histories and windows stood when
 *                the ports were visited last, for a recovery; per port, how far it was given events
 *   queues       per lane and level a list of chunks, from one pool, and a front chain
 *   history      per port a ring of what it was given and has not completed
 *   windows      per ordered lane its reorder window
 *   flows        per atomic lane a table of {port, count} and of blocked-flow records
 *   parking      nodes (events that cannot move), records (blocked flows), lists of records
 *   pieces       what FRAGMENT added to events that are still held
 *
 * A queue has one lane, an `any` queue one per schedule type. An accepted event is in exactly one of
 * queues, history, windows, parking and pieces, as a whole event with its intake sequence: ENTRY
 * words.
 */
import { LEVELS } from '../eventdev/event.js';
import type { DomainPlan, QueuePlan } from '../eventdev/commands.js';
import { openMax } from '../eventdev/event-name.js';
import type { QueueType } from '../eventdev/spec.js';
import { ALERT_CAPACITY, ALERT_WORDS } from './alert-ring.js';
import type { AlertLayout } from './alert-ring.js';
import { assert } from './assert.js';
import { cursor } from './cursor.js';
import type { Cursor } from './cursor.js';
import { SLOTS } from './slot-word.js';
import { small } from './small.js';

/** The event's four words, then its intake sequence. */
export const ENTRY_WORDS = 5;
export const ENTRY_SEQUENCE = 4;

/** Entries of a chunk: large enough that the link is seldom followed, small enough that a list
 *  that is emptied in each pass stays in the first-level cache. */
export const CHUNK_ENTRIES = 64;
export const CHUNK_WORDS = CHUNK_ENTRIES * ENTRY_WORDS;

/** A list of a lane's level. HEAD and TAIL are one word each, `chunk << LIST_SHIFT | place`, so that a
 *  scheduler that dies leaves no end half moved; -1: no chunk. */
export const LIST = { HEAD: 0, TAIL: 1, CHUNKS: 2 } as const;
export const LIST_WORDS = 4;
export const LIST_SHIFT = 7;
export const LIST_PLACE = (1 << LIST_SHIFT) - 1;
assert(CHUNK_ENTRIES <= LIST_PLACE, 'the place behind the last entry of a chunk has a number');

/** A history entry: the event as in ENTRY, then its flow slot (-1: none), its place in the window
 *  (-1: none), and its newest piece (-1: none; kept in domains with fragments only). */
export const HISTORY = { FLOW: 5, PLACE: 6, PIECES: 7 } as const;
export const HISTORY_WORDS = 8;
/** In FLOW: completed, while an older one of an independent port is not. */
export const COMPLETED = -2;

/** A place of a window: the event as in ENTRY, then its state. Where order is restored per flow, the
 *  next place of its flow, that flow's slot (-1: the place is free), and when it was taken, counted in
 *  places. PIECES: its newest piece, as in HISTORY; a held place has those from before its event's last renewal. */
export const WINDOW = { STATE: 5, NEXT: 6, SLOT: 7, PIECES: 8, TICKET: 9 } as const;
export const WINDOW_WORDS = 10;
/** HELD: delivered, not completed. EVENT: to be sent on. GAP: given up. */
export const PLACE = { FREE: 0, HELD: 1, EVENT: 2, GAP: 3 } as const;

/** A parked event: as in ENTRY, then its place in a window or -1, and the next node or -1. NEXT tells
 *  a node in use from a free one, whose link is written as `freeLink`; 0 was never used. */
export const NODE = { PLACE: 5, NEXT: 6 } as const;
export const NODE_WORDS = 8;

/** A piece of a held event: as in ENTRY, then the next younger one, the youngest pointing to the
 *  oldest, how many there are up to it (counted since pieces were last taken away), and the place in a window that its event had, or -1. NEXT
 *  as in NODE. */
export const PIECE = { NEXT: 5, COUNT: 6, PLACE: 7 } as const;
export const PIECE_WORDS = 8;

/** The link of a free node to the next one, or to none (-1), so that no node in use has it; and back. */
export function freeLink(link: number): number {
  return -3 - link;
}
/** Whether the NEXT of a node is that of one in use. */
export function isInUse(next: number): boolean {
  return next > 0 || next === -1;
}

/** A blocked flow: one chain of nodes per level. It stands in the list of (queue, the most urgent
 *  level that it has, the port that holds it or none). LANE is the lane's index. */
export const RECORD = {
  FLOW: 0,
  LANE: 1,
  LIST: 2,
  PREVIOUS: 3,
  NEXT: 4,
  LEVELS: 5,
  HEADS: 8,
  TAILS: 8 + LEVELS,
} as const;
export const RECORD_WORDS = RECORD.TAILS + LEVELS;

/** Counts kept as 64-bit floats. */
export const DOMAIN_COUNTS = {
  RX: 0,
  TX: 1,
  DROPPED: 2,
  PASSES: 3,
  INSIDE: 4,
  FREE: 5,
  /** Passes that took no event in, and those that delivered none. */
  NO_INTAKE: 6,
  NO_DELIVERY: 7,
  /** What the last pass did: bit per port that was given events (0-31, 32-63), whether it moved
   *  anything. */
  LAST_CQS_LOW: 8,
  LAST_CQS_HIGH: 9,
  LAST_MOVED: 10,
  /** How often the scheduler was replaced and what was inside reported. */
  RECOVERIES: 11,
} as const;
export const DOMAIN_COUNT_SLOTS = 12;
export const PORT_COUNTS = { RX: 0, TX: 1, DROPPED: 2, TAKEN_NEW: 3 } as const;
export const PORT_COUNT_SLOTS = 4;
export const QUEUE_COUNTS = { RX: 0, TX: 1, DROPPED: 2, REORDERED: 3 } as const;
export const QUEUE_COUNT_SLOTS = 4;

/** An area of the checkpoint: whether intake has gone on since, and from which sequence; the sequence
 *  at the checkpoint. Then per port PORT_MARK, then per lane WINDOW_MARK. */
export const AREA = { IS_OPEN: 0, FROM: 1, SEQUENCE: 2, PORTS: 3 } as const;
/** Indices of the enqueue ring and of the history list, NEW events taken in, all free-running. */
export const PORT_MARK = { RING_HEAD: 0, HISTORY_HEAD: 1, TAKEN_NEW: 2 } as const;
export const PORT_MARK_WORDS = 3;
/** Indices of a window that has one order. */
export const WINDOW_MARK = { HEAD: 0, TAIL: 1 } as const;
export const WINDOW_MARK_WORDS = 2;

export interface SchedulerLayout {
  readonly words: number;
  /** Odd while the counts are being copied. */
  readonly statsSeq: number;
  /** Word offset of the first float; even. */
  readonly counts: number;
  readonly countSlots: number;
  /** [queue * LEVELS + level]: events waiting, parked ones included. Control reads it. */
  readonly waiting: number;
  /** [queue * ports + port]. */
  readonly pinnedFlows: number;
  /** [queue * ports + port]: events of the queue in the port's CQ or hands. */
  readonly heldEvents: number;
  /** [queue * ports + port] * 2: events of the queue that the port was given, a wide counter. */
  readonly givenEvents: number;
  /** [port]: history indices, free-running, and the CQ depth in use. */
  readonly historyHead: number;
  readonly historyTail: number;
  readonly depthInUse: number;
  /** [port]: run-time unlinks made, free-running. */
  readonly unlinksDone: number;
  /** [port]: 1: cut off for its faults, see scheduler/faults.ts. A recovery keeps it. */
  readonly cutOff: number;
  /** [port * SLOTS + slot]: see slot-word.ts. */
  readonly slots: number;
  readonly alerts: AlertLayout;
  /** Which area counts, 0 or 1. */
  readonly checkpoint: number;
  /** The areas, AREA words each. */
  readonly areas: readonly [number, number];
  /** [port]: end of the history list, free-running, as soon as what is before it is complete. */
  readonly given: number;
  readonly lists: number;
  readonly chunks: number;
  readonly chunkNext: number;
  readonly chunkCount: number;
  /** [lane * LEVELS + level] * 2: head and tail node of the events that go first. */
  readonly fronts: number;
  readonly history: number;
  readonly historyDepth: number;
  /** [lane]: where its flow table, its records and its window begin, and where the heads and tails
   *  of its flows' places are; -1 for none. */
  readonly lanes: readonly LaneLayout[];
  /** Piece nodes, or -1 where no queue takes pieces. */
  readonly pieces: number;
  readonly nodes: number;
  readonly nodeCount: number;
  readonly records: number;
  /** [(lane * LEVELS + level) * (ports + 1) + port] * 2: head and tail record; port = ports for
   *  flows that no port holds. */
  readonly blocked: number;
}

export interface LaneLayout {
  readonly queue: number;
  readonly type: LaneType;
  /** Atomic: per slot who holds the flow; per slot the record of what it has parked. */
  readonly flowTable: number;
  readonly flowRecords: number;
  /** Ordered: its places; and per slot, where order is restored per flow, the first and the last. */
  readonly window: number;
  readonly flowPlaces: number;
}

/** What a lane's events are: of one schedule type, or directed. */
export type LaneType = Exclude<QueueType, 'any'>;

/** The lanes of a queue. */
export function laneTypes(type: QueueType): LaneType[] {
  return type === 'any' ? ['ordered', 'atomic', 'parallel'] : [type];
}

/** How many floats the counts of a domain take. */
export function countSlots(ports: number, queues: number): number {
  return DOMAIN_COUNT_SLOTS + ports * PORT_COUNT_SLOTS + queues * QUEUE_COUNT_SLOTS;
}

export function schedulerLayout(
  plan: Pick<DomainPlan, 'queues' | 'ports' | 'eventsLimit' | 'capacity'>,
): SchedulerLayout {
  const at = cursor();
  const queues = plan.queues.length;
  const ports = plan.ports.length;
  const laneCount = plan.queues.reduce((sum, queue) => sum + laneTypes(queue.type).length, 0);
  const lists = laneCount * LEVELS;
  const slots = countSlots(ports, queues);
  const area = AREA.PORTS + ports * PORT_MARK_WORDS + laneCount * WINDOW_MARK_WORDS;
  // The list of an independent port has completed entries between those that it holds. With room for as many
  // again they are seldom moved together, and then most of them are completed.
  const open = Math.max(...plan.ports.map(({ names }) => Math.min(openMax(names), plan.capacity)));
  const historyDepth = powerOfTwoFrom(Math.max(plan.capacity, 2 * open));
  // A list may have a half-empty chunk at each end.
  const chunkCount = small(Math.ceil(plan.capacity / CHUNK_ENTRIES) + 2 * lists);
  return {
    statsSeq: at.line(),
    counts: at.words(slots * 2),
    countSlots: slots,
    waiting: at.words(queues * LEVELS),
    pinnedFlows: at.words(queues * ports),
    heldEvents: at.words(queues * ports),
    givenEvents: at.words(queues * ports * 2),
    historyHead: at.words(ports),
    historyTail: at.words(ports),
    depthInUse: at.words(ports),
    unlinksDone: at.words(ports),
    cutOff: at.words(ports),
    slots: at.words(ports * SLOTS),
    alerts: {
      writer: at.line(),
      reader: at.line(),
      slots: at.words(ALERT_CAPACITY * ALERT_WORDS),
    },
    checkpoint: at.words(1),
    areas: [at.words(area), at.words(area)],
    given: at.words(ports),
    lists: at.words(lists * LIST_WORDS),
    chunks: at.words(chunkCount * CHUNK_WORDS),
    chunkNext: at.words(chunkCount),
    chunkCount,
    fronts: at.words(lists * 2),
    history: at.words(ports * historyDepth * HISTORY_WORDS),
    historyDepth,
    lanes: plan.queues.flatMap((queue, id) =>
      laneTypes(queue.type).map((type) => lane(at, id, type, queue)),
    ),
    pieces: plan.capacity > plan.eventsLimit ? at.words(plan.capacity * PIECE_WORDS) : -1,
    nodes: at.words(plan.capacity * NODE_WORDS),
    nodeCount: plan.capacity,
    records: at.words(plan.capacity * RECORD_WORDS),
    blocked: at.words(lists * (ports + 1) * 2),
    words: at.used,
  };
}

function lane(at: Cursor, queue: number, type: LaneType, plan: QueuePlan): LaneLayout {
  const atomic = type === 'atomic';
  const ordered = type === 'ordered';
  return {
    queue,
    type,
    flowTable: atomic ? at.words(plan.flows) : -1,
    flowRecords: atomic ? at.words(plan.flows) : -1,
    window: ordered ? at.words(plan.sequences * WINDOW_WORDS) : -1,
    flowPlaces: ordered && plan.scope === 'flow' ? at.words(plan.flows * 2) : -1,
  };
}

export function powerOfTwoFrom(n: number): number {
  return small(2 ** Math.ceil(Math.log2(n)));
}
