/**
 * Scheduler memory: one SharedArrayBuffer per domain, held by control and the scheduler only.
 *
 *   statistics   SEQ, then the counts as 64-bit floats, copied here after each pass
 *   levels       events waiting per queue and level; flows and events per queue and port;
 *                history indices and depth in use per port: control reads them as they are
 *   queues       per queue and level a list of chunks, from one pool, and a front chain
 *   history      per port a ring of what it was given and has not completed
 *   windows      per ordered queue its reorder window
 *   flows        per atomic queue a table of {port, count} and of blocked-flow records
 *   parking      nodes (events that cannot move), records (blocked flows), lists of records
 *
 * An accepted event is in exactly one of queues, history, windows and parking, as a whole event
 * with its intake sequence: ENTRY words.
 */
import { LEVELS } from '../eventdev/event.js';
import type { DomainPlan } from '../eventdev/commands.js';
import { cursor } from './cursor.js';
import type { Cursor } from './cursor.js';

/** The event's four words, then its intake sequence. */
export const ENTRY_WORDS = 5;
export const ENTRY_SEQUENCE = 4;

/** Entries of a chunk: large enough that the link is seldom followed, small enough that a list
 *  that is emptied in each pass stays in the first-level cache. */
export const CHUNK_ENTRIES = 64;
export const CHUNK_WORDS = CHUNK_ENTRIES * ENTRY_WORDS;

/** A list of a queue's level. */
export const LIST = { HEAD_CHUNK: 0, HEAD_AT: 1, TAIL_CHUNK: 2, TAIL_AT: 3, CHUNKS: 4 } as const;
export const LIST_WORDS = 8;

/** A history entry: the event as in ENTRY, then its flow slot and its place in the window. */
export const HISTORY = { FLOW: 5, PLACE: 6 } as const;
export const HISTORY_WORDS = 8;

/** A window entry: the event as in ENTRY, then its state. */
export const WINDOW = { STATE: 5 } as const;
export const WINDOW_WORDS = 8;
/** HELD: delivered, not completed. EVENT: to be sent on. GAP: given up. */
export const PLACE = { FREE: 0, HELD: 1, EVENT: 2, GAP: 3 } as const;

/** A parked event: as in ENTRY, then its place in a window or -1, and the next node or -1. */
export const NODE = { PLACE: 5, NEXT: 6 } as const;
export const NODE_WORDS = 8;

/** A blocked flow: one chain of nodes per level. It stands in the list of (queue, the most urgent
 *  level that it has, the port that holds it or none). */
export const RECORD = {
  FLOW: 0,
  QUEUE: 1,
  LIST: 2,
  PREVIOUS: 3,
  NEXT: 4,
  LEVELS: 5,
  HEADS: 8,
  TAILS: 8 + LEVELS,
} as const;
export const RECORD_WORDS = RECORD.TAILS + LEVELS;

/** Counts kept as 64-bit floats. */
export const DOMAIN_COUNTS = { RX: 0, TX: 1, DROPPED: 2, PASSES: 3, INSIDE: 4, FREE: 5 } as const;
export const DOMAIN_COUNT_SLOTS = 6;
export const PORT_COUNTS = { RX: 0, TX: 1, DROPPED: 2, TAKEN_NEW: 3 } as const;
export const PORT_COUNT_SLOTS = 4;
export const QUEUE_COUNTS = { RX: 0, TX: 1, DROPPED: 2, REORDERED: 3 } as const;
export const QUEUE_COUNT_SLOTS = 4;

export interface SchedulerLayout {
  readonly words: number;
  /** Odd while the counts are being copied. */
  readonly statsSeq: number;
  /** Word offset of the first float; even. */
  readonly counts: number;
  readonly countSlots: number;
  /** [queue * LEVELS + level]: events waiting, parked ones included. */
  readonly waiting: number;
  /** [queue * ports + port]. */
  readonly pinnedFlows: number;
  /** [queue * ports + port]: events of the queue in the port's CQ or hands. */
  readonly heldEvents: number;
  /** [port]: history indices, free-running, and the CQ depth in use. */
  readonly historyHead: number;
  readonly historyTail: number;
  readonly depthInUse: number;
  /** [port]: run-time unlinks made, free-running. */
  readonly unlinksDone: number;
  readonly lists: number;
  readonly chunks: number;
  readonly chunkNext: number;
  readonly chunkCount: number;
  /** [queue * LEVELS + level] * 2: head and tail node of the events that go first. */
  readonly fronts: number;
  readonly history: number;
  readonly historyDepth: number;
  /** [queue]: where its flow table, its records and its window begin, -1 for none. */
  readonly flowTables: readonly number[];
  readonly flowRecords: readonly number[];
  readonly windows: readonly number[];
  readonly nodes: number;
  readonly nodeCount: number;
  readonly records: number;
  /** [(queue * LEVELS + level) * (ports + 1) + port] * 2: head and tail record; port = ports for
   *  flows that no port holds. */
  readonly blocked: number;
}

/** How many floats the counts of a domain take. */
export function countSlots(ports: number, queues: number): number {
  return DOMAIN_COUNT_SLOTS + ports * PORT_COUNT_SLOTS + queues * QUEUE_COUNT_SLOTS;
}

export function schedulerLayout(
  plan: Pick<DomainPlan, 'queues' | 'ports' | 'eventsLimit'>,
): SchedulerLayout {
  const at = cursor();
  const queues = plan.queues.length;
  const ports = plan.ports.length;
  const lists = queues * LEVELS;
  const slots = countSlots(ports, queues);
  const historyDepth = powerOfTwoFrom(plan.eventsLimit);
  // A list may have a half-empty chunk at each end.
  const chunkCount = Math.ceil(plan.eventsLimit / CHUNK_ENTRIES) + 2 * lists;
  return {
    statsSeq: at.line(),
    counts: at.words(slots * 2),
    countSlots: slots,
    waiting: at.words(lists),
    pinnedFlows: at.words(queues * ports),
    heldEvents: at.words(queues * ports),
    historyHead: at.words(ports),
    historyTail: at.words(ports),
    depthInUse: at.words(ports),
    unlinksDone: at.words(ports),
    lists: at.words(lists * LIST_WORDS),
    chunks: at.words(chunkCount * CHUNK_WORDS),
    chunkNext: at.words(chunkCount),
    chunkCount,
    fronts: at.words(lists * 2),
    history: at.words(ports * historyDepth * HISTORY_WORDS),
    historyDepth,
    ...perQueue(at, plan),
    nodes: at.words(plan.eventsLimit * NODE_WORDS),
    nodeCount: plan.eventsLimit,
    records: at.words(plan.eventsLimit * RECORD_WORDS),
    blocked: at.words(lists * (ports + 1) * 2),
    words: at.used,
  };
}

function perQueue(
  at: Cursor,
  plan: Pick<DomainPlan, 'queues'>,
): {
  flowTables: number[];
  flowRecords: number[];
  windows: number[];
} {
  const flowTables = plan.queues.map((q) => (q.type === 'atomic' ? at.words(q.flows) : -1));
  const flowRecords = plan.queues.map((q) => (q.type === 'atomic' ? at.words(q.flows) : -1));
  const windows = plan.queues.map((q) =>
    q.type === 'ordered' ? at.words(q.sequences * WINDOW_WORDS) : -1,
  );
  return { flowTables, flowRecords, windows };
}

export function powerOfTwoFrom(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}
