/** What a worker is told when it starts, and what passes between threads beside events. */
import type { RecordableHistogram } from 'node:perf_hooks';
import type { attachPort } from '../port/index.js';
import type { StageSettings } from './stage-settings.js';

/** The task that Piscina hands to a thread: run the loop until the domain stops. */
export interface SeatTask {
  readonly seat: number;
  /** Number of the thread, below MARKED_THREADS. */
  readonly thread: number;
  readonly attachment: Parameters<typeof attachPort>[0];
  readonly stages: readonly StageSettings[];
  readonly bytes: number;
  readonly attempts: number;
  readonly debug: boolean;
  readonly board: SharedArrayBuffer;
  /** How many seats, for the layout of the board. */
  readonly seats: number;
  /** Name of the channel on which large cells are announced. */
  readonly channel: string;
  /** Nanoseconds, one per stage; shared with the main thread. */
  readonly handlerTimes: readonly RecordableHistogram[];
  readonly waitingTimes: readonly RecordableHistogram[];
}

/** An event's high payload word; above these bits, the upper part of a large cell's id. */
export const HALF_BIT = 1;
export const LARGE_BIT = 2;
/** Which mask of the pack counts. */
export const MASK_SHIFT = 2;
export const MASK_BIT = 1 << MASK_SHIFT;
export const FLAG_BITS = 3;

/** Microseconds on a clock that all threads share, modulo 2^32. `now` is what `performance.now` says. */
export function clock(now: number): number {
  return ((performance.timeOrigin + now) * 1000) | 0;
}
