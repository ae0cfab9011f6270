/**
 * What passes between the submitting thread and a worker's task, besides events.
 */
import type { attachPort } from '../port/index.js';
import type { FailureLine } from './failures.js';

/** The task that Piscina hands to a thread: run the loop until the domain stops. */
export interface SeatTask {
  readonly seat: number;
  readonly attachment: Parameters<typeof attachPort>[0];
  /** URL of the user's module. */
  readonly module: string;
  readonly context: unknown;
  /** Of the pool's buffers, by slot. */
  readonly handles: Int32Array;
  /** Room of one job. */
  readonly bytes: number;
  /** Deliveries after which a job fails. */
  readonly attempts: number;
  /** Jobs that the thread may have in hand at once. */
  readonly concurrency: number;
  /** Where what is thrown is posted to. */
  readonly failures: FailureLine;
  /** Time that a job has; undefined: nobody watches. */
  readonly timeoutMs: number | undefined;
  /** See `beats.ts`. */
  readonly beats: SharedArrayBuffer;
}

/** Queue ids of the domain: of each stream, jobs leave the first in the order in which they entered. */
export const JOBS_QUEUE = 0;
export const RESULTS_QUEUE = 1;
/** From here on two for each seat: for its parts of ranges, and for jobs that wait for the module's serial
 *  function. */
const SEAT_QUEUES = 2;
/** Port of the submitting thread; the seats follow. */
export const SUBMIT_PORT = 0;

export function seatPort(seat: number): number {
  return SUBMIT_PORT + 1 + seat;
}

/** Parts of ranges: no order. At first each seat serves its own, as with the serial queues. */
export function rangeQueue(seat: number): number {
  return SEAT_QUEUES + 2 * seat;
}

export function serialQueue(seat: number): number {
  return rangeQueue(seat) + 1;
}

export function isRangeQueue(queue: number): boolean {
  return queue >= SEAT_QUEUES && queue % 2 === 0;
}
