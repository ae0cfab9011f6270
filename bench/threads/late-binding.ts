/** What the threads of the late-binding rig share: when events are due, and how late their work begins. */
import type { PortAttachment } from '../../lib/index.js';

export const SHORT_MICROS = 5;
export const LONG_MICROS = 5000;
/** One in so many events is long. */
export const LONG_EVERY = 100;

export interface LateData {
  readonly attachment: PortAttachment;
  /** By event, in milliseconds after the start. */
  readonly due: Float64Array;
  /** By event: when it was sent, by `clock`. */
  readonly sentAt: Float64Array;
  /** By event: milliseconds from then until its work began; negative: it did not come. */
  readonly lateness: Float64Array;
  /** One word: events whose work is done. */
  readonly done: Int32Array;
}

/** Milliseconds, the same in all threads. */
export function clock(): number {
  return performance.timeOrigin + performance.now();
}

/** Scattered, and the same in each run. */
export function isLong(n: number): boolean {
  return (Math.imul(n, 0x9e3779b1) >>> 0) % LONG_EVERY === 0;
}
