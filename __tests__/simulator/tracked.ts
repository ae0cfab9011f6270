/** One event as the oracle follows it, from an enqueue until it is completed, dropped or flushed. */

import type { EventBurst } from '../../lib/eventdev/event-burst.js';
import { QE_WORDS } from '../../lib/eventdev/event.js';
import type { LaneType } from '../../lib/memory/scheduler-layout.js';

/** schedType, queue and priority: what a delivery returns unchanged. */
export const CONTENT_MASK = 0x00ff_ffc0;

/** FRESH: given to an enqueue, not seen on the ring. PIECE: with the held event that it belongs to. */
export const AT = { FRESH: 0, RING: 1, WAITING: 2, HELD: 3, PIECE: 4, OVER: 5 } as const;

/** When and where an event left an ordered queue for the first time. */
export interface Leave {
  readonly queue: number;
  /** Order is restored for each flow by itself. */
  readonly byFlow: boolean;
  readonly batch: number;
  readonly port: number;
  readonly index: number;
  readonly event: Tracked;
}

export interface Tracked {
  /** Its payload's high half: that of its last renewal, as `low`. */
  id: number;
  readonly word0: number;
  /** schedType, queue and priority. */
  readonly word1: number;
  low: number;
  readonly queue: number;
  readonly flow: number;
  readonly level: number;
  readonly schedType: number;
  /** How it is scheduled, once it is on its queue. */
  lane: LaneType;
  /** The port that enqueued it. */
  readonly from: number;
  at: number;
  /** When it was taken in: pass or command, then the order on its ring. */
  batch: number;
  order: number;
  /** Who holds it, and its index in that port's CQ. */
  holder: number;
  index: number;
  /** What its port has to hand back. */
  opaque: number;
  /** The pass of the delivery under way. */
  deliveredIn: number;
  /** It was in a CQ before. */
  wasGiven: boolean;
  attempts: number;
  left: Leave | null;
  /** The place of the event that it was forwarded as, and which of its pieces it is. */
  parent: Leave | null;
  piece: number;
  /** What FRAGMENT has added to it since its last renewal, and before: that waits in its place. */
  readonly pieces: Tracked[];
  readonly placed: Tracked[];
  /** It is no event, but has the payload that one is to have. */
  readonly isRenewal: boolean;
}

/** Whether the contracts say that `a` goes before `b`; both are on the same level of a queue. */
export function isBefore(a: Tracked, b: Tracked): boolean {
  if (a.parent !== null && b.parent !== null && a.parent.queue === b.parent.queue) {
    if (a.parent === b.parent) return a.piece < b.piece;
    return leftBefore(a.parent, b.parent);
  }
  if (a.parent !== null || b.parent !== null) return false;
  if (a.batch !== b.batch) return a.batch < b.batch;
  return a.from === b.from && a.order < b.order;
}

/** Whether `a` surely left the ordered queue before `b`. */
export function leftBefore(a: Leave, b: Leave): boolean {
  if (a.byFlow && a.event.flow !== b.event.flow) return false;
  if (a.batch !== b.batch) return a.batch < b.batch;
  if (a.port === b.port) return a.index < b.index;
  return a.event.level === b.event.level && isBefore(a.event, b.event);
}

export function nameOf(event: Tracked): string {
  const { id, queue, flow, level, from } = event;
  return `#${id} (queue ${queue}, flow ${flow}, level ${level}, from port ${from})`;
}

/** The `i`-th event of a burst that port `from` enqueues. */
export function track(
  burst: EventBurst,
  i: number,
  id: number,
  from: number,
  isRenewal: boolean,
): Tracked {
  const at = i * QE_WORDS;
  const word1 = burst.words[at + 1]! & CONTENT_MASK;
  return {
    id,
    word0: burst.words[at]!,
    word1,
    low: burst.words[at + 2]!,
    queue: burst.queueId(i),
    flow: burst.flowId(i),
    schedType: burst.schedType(i),
    lane: 'parallel',
    level: burst.priority(i) >>> 5,
    from,
    at: AT.FRESH,
    batch: 0,
    order: 0,
    holder: -1,
    index: 0,
    opaque: 0,
    deliveredIn: -1,
    wasGiven: false,
    attempts: 0,
    left: null,
    parent: null,
    piece: 0,
    pieces: [],
    placed: [],
    isRenewal,
  };
}
