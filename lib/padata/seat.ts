/**
 * What passes between the submitting thread and a worker's task, besides events.
 */
import type { attachPort } from '../port/index.js';

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
}

/** Queue ids of the domain: jobs leave the first in the order in which they entered it. */
export const JOBS_QUEUE = 0;
export const RESULTS_QUEUE = 1;
/** Port of the submitting thread; the seats follow. */
export const SUBMIT_PORT = 0;

export function seatPort(seat: number): number {
  return SUBMIT_PORT + 1 + seat;
}
