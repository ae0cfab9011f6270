/**
 * The event: 16 bytes, laid out as DPDK's `rte_event`, held as four 32-bit words.
 *
 *            31      28 27            20 19                                    0
 *   word 0   eventType  subEventType     flowId
 *            31            24 23       16 15        8 7       6 5      2 1     0
 *   word 1   implOpaque       priority    queueId     schedType reserved op
 *   word 2   payload, low 32 bits
 *   word 3   payload, high 32 bits
 *
 * The four reserved bits are cleared by an enqueue, but for RENEWAL of a FRAGMENT. On delivery their low two carry
 * `attempts`.
 * Field widths and meanings: DPDK `lib/eventdev/rte_eventdev.h`.
 */

/** 32-bit words in one queue entry (QE). */
export const QE_WORDS = 4;
/** Bytes in one queue entry. */
export const QE_BYTES = 16;

/** What the enqueuing port says about an event.
 *  NEW injects it and spends a credit. FORWARD passes on a dequeued event. RELEASE ends a dequeued
 *  event and repays the credit. FRAGMENT adds a piece to it, or renews it: `EventBurst.setRenewal`. */
export const OP = { NEW: 0, FORWARD: 1, RELEASE: 2, FRAGMENT: 3 } as const;

/** The event's own schedule type. A typed queue ignores it, an `any` queue follows it. */
export const SCHED = { ORDERED: 0, ATOMIC: 1, PARALLEL: 2 } as const;

/** Event, queue and link priorities: 0 is the most urgent, 255 the least. */
export const PRIORITY = { HIGHEST: 0, NORMAL: 128, LOWEST: 255 } as const;

/** Why the last enqueue of a port was short. */
export const REFUSAL = {
  NONE: 0,
  CREDIT: 1,
  THRESHOLD: 2,
  RING_FULL: 3,
  NOT_STARTED: 4,
  PORT_DISABLED: 5,
} as const;

// Word 0.
export const FLOW_MASK = 0xf_ffff;
export const SUB_TYPE_SHIFT = 20;
export const SUB_TYPE_MASK = 0xff;
export const EVENT_TYPE_SHIFT = 28;
export const EVENT_TYPE_MASK = 0xf;

// Word 1.
export const OP_MASK = 0x3;
export const ATTEMPTS_SHIFT = 2;
export const ATTEMPTS_MASK = 0x3;
export const RESERVED_SHIFT = 2;
export const RESERVED_MASK = 0xf;
/** Of a FRAGMENT: it is no piece but a renewal. None of the bits of `attempts`: a delivered event that is made a
 *  FRAGMENT is a piece. */
export const RENEWAL = 1 << 4;
export const SCHED_SHIFT = 6;
export const SCHED_MASK = 0x3;
export const QUEUE_SHIFT = 8;
export const QUEUE_MASK = 0xff;
export const PRIORITY_SHIFT = 16;
export const PRIORITY_MASK = 0xff;
export const OPAQUE_SHIFT = 24;
export const OPAQUE_MASK = 0xff;
/** What events that are scheduled as one run have in common of their second words. */
export const RUN_MASK = ~(OPAQUE_MASK << OPAQUE_SHIFT);

/** Priority levels inside a queue, as many as DLB encodes in its three bits. */
export const LEVELS = 8;
/** Event priority `p` waits on level `p >> LEVEL_SHIFT`; level 0 goes first. */
export const LEVEL_SHIFT = 5;
