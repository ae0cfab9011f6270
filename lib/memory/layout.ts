/**
 * Domain memory: one SharedArrayBuffer per scheduling domain, the only thing a port attaches to.
 *
 *   header      constant    control, once     magic, version, shape: checked by every attach
 *               CTL         scheduler         epoch and state; SLEEPING beside it
 *               IN_DOMAIN   scheduler         events in the domain, for newEventThreshold
 *               DOORBELL    ports set, scheduler clears: one bit per port that rang; NEAR_DOORBELL
 *                                            for the ports of an inline scheduler's own thread
 *   per port    PP line     port              TAIL (the scheduler moves it once, to fence), counts, WISH (which the
 *                                            scheduler marks as over)
 *               PP head     scheduler         HEAD, NEW events taken in
 *               CQ tail     scheduler         TAIL, lease, acknowledged generation and yield, first index
 *               CQ head     port              HEAD, sleeping, suspect, yield, counts
 *               CREDIT      scheduler adds and revokes, port subtracts (all by compare and swap)
 *               WAKE        scheduler and control add, the port's thread waits on it
 *               OWNER       attaching thread  thread id, generation, generation detached
 *   per port    enqueue ring, CQ ring
 *   mempool     counters, bitmap, owner words, buffers
 *
 * A line has one writer; DOORBELL, CREDIT, WAKE, OWNER, WISH and the fence are the stated exceptions.
 */
import { QE_WORDS } from '../eventdev/event.js';
import { assert } from './assert.js';
import { cursor } from './cursor.js';
import type { Cursor } from './cursor.js';
import { LINE_BYTES, LINE_USED_WORDS, LINE_WORDS } from './lines.js';

export const MAGIC = 0x53444c42;
export const LAYOUT_VERSION = 1;

const header = cursor();
const constantLine = header.line();
const controlLine = header.line();
const countLine = header.line();

/** Words of the header, from the start of domain memory. */
export const HEADER = {
  MAGIC: constantLine,
  VERSION: constantLine + 1,
  SHAPE: constantLine + 2,
  DOMAIN: constantLine + 3,
  /** epoch << 3 | state, see domain-state.ts. */
  CTL: controlLine,
  /** 1 while the scheduler is about to park or parked. */
  SLEEPING: controlLine + 1,
  IN_DOMAIN: countLine,
  /** Two words: ports 0-31 and 32-63. */
  DOORBELL: header.line(),
  /** The same for ports on the thread of an inline scheduler, which alone writes it. */
  NEAR_DOORBELL: header.line(),
} as const;
const HEADER_WORDS = header.used;

const port = cursor();
const ppLine = port.line();
const ppHeadLine = port.line();
const cqTailLine = port.line();
const cqHeadLine = port.line();
const creditLine = port.line();
const wakeLine = port.line();
const ownerLine = port.line();

/** Words of a port's block, from its start. Wide counters take two words: low, high. */
export const PORT = {
  PP_TAIL: ppLine,
  /** NEW events accepted, free-running. */
  NEW_COUNT: ppLine + 1,
  MISORDERED: ppLine + 2,
  REFUSED_CREDIT: ppLine + 4,
  REFUSED_THRESHOLD: ppLine + 6,
  REFUSED_RING_FULL: ppLine + 8,
  /** Credits that the port wants to have, since a NEW was refused or a wait began, below a count of its asking
   *  that wraps, below WISH_OVER; 0: content. */
  WISH: ppLine + 10,
  /** FRAGMENT events that nobody takes: no queue of the domain does, or nothing was outstanding;
   *  free-running. */
  PIECES: ppLine + 11,
  /** FORWARD events that named no event of the port, free-running: dropped. */
  LOST: ppLine + 12,
  PP_HEAD: ppHeadLine,
  /** NEW events taken in, free-running. */
  TAKEN_NEW: ppHeadLine + 1,
  CQ_TAIL: cqTailLine,
  /** Changes whenever credits and debts of the port start anew; see domain-state.ts. */
  LEASE: cqTailLine + 1,
  /** The generation that may use the port now. */
  ACK_GENERATION: cqTailLine + 2,
  /** CQ entries before this index are void. */
  CQ_START: cqTailLine + 3,
  /** The YIELD request that was answered last. */
  YIELD_ACK: cqTailLine + 4,
  CQ_HEAD: cqHeadLine,
  /** In which ways the port's thread sleeps, a bit each; from SEEKS_SHIFT on the least number of NEW events that one of
   *  its waits is to have accepted, 0 for events to dequeue only. */
  SLEEPING: cqHeadLine + 1,
  /** Low bits of the CQ index of the event in hand, plus 1; 0: not told. */
  WORKING: cqHeadLine + 2,
  /** The link profile that the port serves, below a count of its requests to take back what lies
   *  undelivered in its CQ. */
  YIELD: cqHeadLine + 3,
  /** Wide counters, for which the PP line has no room. */
  REFUSED_NOT_STARTED: cqHeadLine + 4,
  REFUSED_DISABLED: cqHeadLine + 6,
  CREDIT: creditLine,
  WAKE: wakeLine,
  /** 0: free, else thread id + 1. */
  OWNER: ownerLine,
  GENERATION: ownerLine + 1,
  /** The generation that detached last; the scheduler takes in its ring, then lets the next in. */
  DETACHED: ownerLine + 2,
  /** Grows after a mark was left that is no event: PIECES, LOST, YIELD, DETACHED, or an attach.
   *  Where it stands still, the scheduler need not look at them. */
  NEWS: ownerLine + 3,
} as const;
const PORT_WORDS = port.used;

/** The bits of WISH that are credits; those above count, but for the topmost. */
export const WISH_MASK = (1 << 21) - 1;
/** In WISH: the scheduler serves this wish no more, and has to be told of the next one. */
export const WISH_OVER = 1 << 31;

/** Below: the ways of sleeping; from there on: what a sleeper seeks. */
export const SEEKS_SHIFT = 2;
export const WAYS_MASK = (1 << SEEKS_SHIFT) - 1;

/** The bits of an index that WORKING keeps. */
export const SUSPECT_MASK = 0x3fff_ffff;

assert(PORT.LOST < ppLine + LINE_USED_WORDS, 'the PP line is too long');
assert(LINE_WORDS % QE_WORDS === 0, 'a queue entry must not straddle a line');

/** What the layout follows from. Plain data: it travels in the attachment. */
export interface DomainShape {
  readonly queues: number;
  readonly eventsLimit: number;
  /** Entries of every enqueue ring. */
  readonly ringDepth: number;
  /** Those of them for pieces; 0: no queue takes any. */
  readonly pieceSlots: number;
  /** Entries of each port's CQ ring. */
  readonly cqDepths: readonly number[];
  readonly buffers: PoolShape | null;
}

export interface PoolShape {
  readonly count: number;
  readonly bytes: number;
  readonly reserve: number;
}

/** One single-producer, single-consumer ring: where its words are. */
export interface RingLayout {
  readonly tailAt: number;
  readonly headAt: number;
  readonly slots: number;
  readonly depth: number;
  readonly mask: number;
}

export interface PortLayout {
  /** Start of the port's block: add PORT.* to it. */
  readonly at: number;
  readonly enqueue: RingLayout;
  readonly cq: RingLayout;
}

/** The mempool: all offsets in words but `dataBytes` and `strideBytes`. */
export interface PoolLayout extends PoolShape {
  /** Counters and cursors, one line. */
  readonly counters: number;
  readonly bitmap: number;
  readonly bitmapWords: number;
  readonly owners: number;
  readonly dataBytes: number;
  readonly strideBytes: number;
}

export interface DomainLayout {
  readonly bytes: number;
  readonly ports: readonly PortLayout[];
  readonly pool: PoolLayout | null;
}

/** Computes where everything is. The same shape gives the same layout in every thread. */
export function domainLayout(shape: Omit<DomainShape, 'pieceSlots'>): DomainLayout {
  const at = cursor(HEADER_WORDS);
  const blocks = shape.cqDepths.map(() => at.words(PORT_WORDS));
  const ports = blocks.map((block, id) => ({
    at: block,
    enqueue: ring(at, block + PORT.PP_TAIL, block + PORT.PP_HEAD, shape.ringDepth),
    cq: ring(at, block + PORT.CQ_TAIL, block + PORT.CQ_HEAD, shape.cqDepths[id]!),
  }));
  const pool = shape.buffers === null ? null : poolLayout(at, shape.buffers);
  const bytes = at.used * 4 + (pool === null ? 0 : pool.count * pool.strideBytes);
  return { bytes, ports, pool };
}

function ring(at: Cursor, tailAt: number, headAt: number, depth: number): RingLayout {
  return { tailAt, headAt, slots: at.words(depth * QE_WORDS), depth, mask: depth - 1 };
}

function poolLayout(at: Cursor, shape: PoolShape): PoolLayout {
  const counters = at.line();
  const bitmapWords = Math.ceil(shape.count / 32);
  const bitmap = at.words(bitmapWords);
  const owners = at.words(shape.count);
  const strideBytes = Math.ceil(shape.bytes / LINE_BYTES) * LINE_BYTES;
  return { ...shape, counters, bitmap, bitmapWords, owners, dataBytes: at.used * 4, strideBytes };
}

/** A number that two different shapes hardly share (FNV-1a): attach compares it with the header. */
export function shapeHash(shape: DomainShape): number {
  const { queues, eventsLimit, ringDepth, pieceSlots, cqDepths, buffers } = shape;
  const pool = buffers === null ? [] : [buffers.count, buffers.bytes, buffers.reserve];
  let hash = 0x811c9dc5;
  const sizes = [LAYOUT_VERSION, queues, eventsLimit, ringDepth, pieceSlots];
  for (const n of [...sizes, ...cqDepths, ...pool]) {
    hash = Math.imul(hash ^ n, 0x01000193);
  }
  return hash;
}
