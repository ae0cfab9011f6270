/**
 * What a thread tells its crew.
 *
 * A seat is a worker's place: a port of the domain and a task of the thread pool. Threads come and
 * go, the seat stays.
 */
import { parentPort, threadId } from 'node:worker_threads';

/** Posted by the thread when the modules are loaded and the port attached. */
export interface SeatReady {
  readonly kind: typeof SEAT_READY;
  readonly seat: number;
  readonly threadId: number;
}

export const SEAT_READY = 'softdlb.seat.ready';

/** Called in the thread: from now on its end is a crash of the seat, and its port is reclaimed. */
export function announceSeat(seat: number): void {
  const ready: SeatReady = { kind: SEAT_READY, seat, threadId };
  parentPort!.postMessage(ready);
}
