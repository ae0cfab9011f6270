/**
 * Replaces workers whose call has gone on for too long without letting the event loop turn; those that do
 * watch themselves.
 *
 * Runs on: the thread that made the pipeline. A worker's beat moves with each call, and with its timer while
 * calls are open: one that has stood still for a stage's time limit is overdue.
 */
import { DlbError } from '../eventdev/errors.js';
import { stageOfBeat } from './board.js';
import type { Board } from './board.js';
import type { Settings } from './settings.js';
import type { StageSettings } from './stage-settings.js';

/** A limit is looked at so often within it. */
const LOOKS_PER_LIMIT = 4;

export class Watchdog {
  readonly #board: Board;
  readonly #settings: Settings;
  readonly #replace: (seat: number, reason: DlbError) => void;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  /** Per seat: the beat seen last, and when it was seen first. */
  readonly #seen: { beat: number; since: number }[];

  constructor(board: Board, settings: Settings, replace: (seat: number, reason: DlbError) => void) {
    this.#board = board;
    this.#settings = settings;
    this.#replace = replace;
    this.#seen = Array.from({ length: settings.workers }, () => ({ beat: 0, since: 0 }));
    const limits = settings.stages.flatMap(({ timeoutMs }) => (timeoutMs > 0 ? [timeoutMs] : []));
    if (limits.length === 0) return;
    const everyMs = Math.max(1, Math.min(...limits) / LOOKS_PER_LIMIT);
    this.#timer = setInterval(() => this.#look(performance.now()), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    this.#seen.forEach((seen, seat) => {
      const beat = this.#board.beat(seat);
      if (beat !== seen.beat) {
        seen.beat = beat;
        seen.since = now;
        return;
      }
      const stage = this.#settings.stages[stageOfBeat(beat)];
      if (stage === undefined || stage.timeoutMs === 0) return;
      if (now - seen.since <= stage.timeoutMs) return;
      // The next one begins with another beat.
      seen.since = Infinity;
      this.#replace(seat, overdueError(stage));
    });
  }
}

/** Why a thread was ended whose call was overdue. */
export function overdueError({ name, timeoutMs }: StageSettings): DlbError {
  const details = { stage: name, timeoutMs };
  return new DlbError('ERR_DLB_STAGE_FAILED', 'a call took longer than it may', details);
}
