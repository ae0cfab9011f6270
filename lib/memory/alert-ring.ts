/**
 * The alerts of a domain: a ring in scheduler memory. The scheduler writes, control reads.
 *
 * Indices run free, so all of the capacity is of use, and full is told from empty after any number
 * of alerts. Not on the data path: every access that orders something is by `#words`.
 */

/** As many as a DLB keeps per domain. */
export const ALERT_CAPACITY = 256;

/** Of a slot: kind | port + 1 << 8, aux, number. */
export const ALERT = { KIND: 0, AUX: 1, NUMBER: 2 } as const;
export const ALERT_WORDS = 4;
export const KIND_MASK = 0xff;
export const ALERT_PORT_SHIFT = 8;

/** The scheduler's line: where the next alert goes, and how many found no room, free-running. */
export const ALERT_WRITER = { TAIL: 0, LOST: 1 } as const;
/** Control's line: where it reads next; 1 while a reader waits to be told. The scheduler takes the
 *  latter back when it tells. */
export const ALERT_READER = { HEAD: 0, ARMED: 1 } as const;

/** Where the ring is: word offsets of scheduler memory. */
export interface AlertLayout {
  readonly writer: number;
  readonly reader: number;
  readonly slots: number;
}
