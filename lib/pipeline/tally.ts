/** What a worker counts and measures. */
import type { RecordableHistogram } from 'node:perf_hooks';
import { COUNTS } from './board.js';
import type { Board } from './board.js';
import { KIND } from './codec.js';
import type { SeatTask } from './task.js';

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;
/** Of calls shorter than this, one in so many is measured. */
const SHORT_MS = 0.01;
const MEASURED_EVERY = 16;

export class Tally {
  readonly #seat: number;
  readonly #board: Board;
  readonly #handlerTimes: readonly RecordableHistogram[];
  readonly #waitingTimes: readonly RecordableHistogram[];
  #skipped = 0;

  constructor(board: Board, task: SeatTask) {
    this.#seat = task.seat;
    this.#board = board;
    this.#handlerTimes = task.handlerTimes;
    this.#waitingTimes = task.waitingTimes;
  }

  /** A call is through, and its event went on as this kind. */
  handled(stage: number, kind: number): void {
    this.#board.add(this.#seat, stage, COUNTS.HANDLED, 1);
    if (kind === KIND.ENDED) this.#board.add(this.#seat, stage, COUNTS.ENDED, 1);
  }

  count(stage: number, count: number, by = 1): void {
    this.#board.add(this.#seat, stage, count, by);
  }

  /** A call took so long; its event had waited so many microseconds. */
  time(stage: number, ms: number, waitedUs: number): void {
    if (ms < SHORT_MS && ++this.#skipped < MEASURED_EVERY) return;
    this.#skipped = 0;
    this.#handlerTimes[stage]!.record(Math.max(1, Math.round(ms * NS_PER_MS)));
    this.#waitingTimes[stage]!.record(Math.max(1, waitedUs * NS_PER_US));
  }
}
