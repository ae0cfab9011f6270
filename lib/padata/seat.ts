/**
 * What passes between the submitting thread and a worker's task, besides events.
 *
 * A seat is a worker's place: a port of the domain and a task of the thread pool. Threads come and
 * go, the seat stays.
 */
import type { attachPort } from '../port/index.js';

/** The task that Piscina hands to a thread: run the loop until the domain stops. */
export interface SeatTask {
  readonly seat: number;
  readonly attachment: Parameters<typeof attachPort>[0];
  /** URL of the user's module. */
  readonly module: string;
  readonly context: unknown;
  /** Room of one job. */
  readonly bytes: number;
  /** Deliveries after which a job fails. */
  readonly attempts: number;
}

/** Posted by the thread when the module is loaded and the port attached. */
export interface SeatReady {
  readonly kind: typeof SEAT_READY;
  readonly seat: number;
  readonly threadId: number;
}

export const SEAT_READY = 'softdlb.padata.ready';

/** Queue ids of the domain: jobs leave the first in the order in which they entered it. */
export const JOBS_QUEUE = 0;
export const RESULTS_QUEUE = 1;
/** Port of the submitting thread; the seats follow. */
export const SUBMIT_PORT = 0;

export function seatPort(seat: number): number {
  return SUBMIT_PORT + 1 + seat;
}
