/**
 * What a thread tells its crew.
 *
 * A seat is a worker's place: a port of the domain and a task of the thread pool. Threads come and
 * go, the seat stays.
 */
import { parentPort, threadId } from 'node:worker_threads';
import { packThrown, rejection } from './thrown.js';

export interface SeatNews {
  readonly kind: typeof SEAT_NEWS;
  readonly seat: number;
  readonly threadId: number;
  /** Why the thread is about to end itself; undefined: it is at its seat, its modules loaded and its port
   *  attached. */
  readonly leaving: Uint8Array | undefined;
}

export const SEAT_NEWS = 'softdlb.seat';

/** Called in the thread: from now on its end is a crash of the seat, and its port is reclaimed. */
export function announceSeat(seat: number): void {
  post(seat, undefined);
}

/** Called in the thread: ends it, which is a crash with this cause. */
export function leaveSeat(seat: number, leaving: Error): never {
  post(seat, packThrown(leaving));
  process.exit(1);
}

/** Called in the thread: its task. What that throws crosses to the crew as data. */
export async function atSeat(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // oxlint-disable-next-line typescript/only-throw-error -- an error would lose most of itself on the way.
    throw rejection(error);
  }
}

function post(seat: number, leaving: Uint8Array | undefined): void {
  const news: SeatNews = { kind: SEAT_NEWS, seat, threadId, leaving };
  parentPort!.postMessage(news);
}
