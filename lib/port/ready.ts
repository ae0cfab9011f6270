/**
 * Waiting without blocking the thread: `port.ready()`.
 *
 * Runs on: the port's thread, on its event loop. All calls of a port share one `waitAsync` at a
 * time; a referenced timer keeps the loop alive, which `waitAsync` alone does not.
 */
import type { Waiter } from '../idle/waiter.js';

export interface ReadyOptions {
  signal?: AbortSignal;
  /** Events that must wait in the CQ. Default 1. */
  depth?: number;
  /** Enough for one event to have waited, in milliseconds. Default 10 when depth > 1. */
  withinMs?: number;
  /** Credits that will do as well: for a producer that was refused and must not block. */
  credits?: number;
}

/** What `ready` watches. */
export interface Watched {
  /** Events that a dequeue would find now. Observes. */
  waiting(): number;
  /** Whether the port has so many credits. Observes. */
  hasCredits(count: number): boolean;
  /** Leaves a wish for so many credits, and tells the scheduler. */
  wishFor(count: number): void;
  /** Nothing can come any more: stopped, disabled, detached or closed. Observes. */
  over(): boolean;
  /** State or lease are no longer those of the last `over()`. Observes. */
  changed(): boolean;
}

const WITHIN_MS = 10;
/** Longer than any timer needs: it only holds the event loop. */
const KEEP_ALIVE_MS = 2 ** 30;

export class ReadyWaits {
  readonly #waiter: Waiter;
  readonly #watched: Watched;
  /** The wait that all calls share, and what they wait for to be exceeded. */
  #round: Promise<void> | null = null;

  constructor(waiter: Waiter, watched: Watched) {
    this.#waiter = waiter;
    this.#watched = watched;
  }

  async until(options: ReadyOptions): Promise<boolean> {
    const { signal } = options;
    const depth = options.depth !== undefined && options.depth > 1 ? options.depth : 1;
    const credits = options.credits !== undefined && options.credits > 0 ? options.credits : 0;
    const withinMs = depth === 1 ? 0 : (options.withinMs ?? WITHIN_MS);
    let firstSeen = Number.NaN;
    let nudge = (): void => {};
    const onAbort = (): void => nudge();
    signal?.addEventListener('abort', onAbort);
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    try {
      for (;;) {
        if (signal?.aborted === true || this.#watched.over()) return false;
        const waiting = this.#watched.waiting();
        if (waiting >= depth) return true;
        if (credits > 0) {
          if (this.#watched.hasCredits(credits)) return true;
          this.#watched.wishFor(credits);
        }
        const now = performance.now();
        if (waiting === 0) firstSeen = Number.NaN;
        else if (Number.isNaN(firstSeen)) firstSeen = now;
        const left = waiting === 0 ? Infinity : firstSeen + withinMs - now;
        if (left <= 0) return true;
        let timer: ReturnType<typeof setTimeout> | undefined;
        // One promise per look: a race would leave a reaction on the longest-lived one each time.
        await new Promise<void>((resolve) => {
          nudge = resolve;
          void this.#stirred(waiting, credits).then(resolve, resolve);
          if (left < KEEP_ALIVE_MS) timer = setTimeout(resolve, left);
        });
        clearTimeout(timer);
      }
    } finally {
      clearInterval(keepAlive);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Settles when more than `waiting` events wait, something changed, or a park has ended. */
  #stirred(waiting: number, credits: number): Promise<void> {
    const stirred = (): boolean =>
      this.#watched.changed() ||
      this.#watched.waiting() > waiting ||
      (credits > 0 && this.#watched.hasCredits(credits));
    this.#round ??= this.#waiter.sleep(stirred, Infinity).finally(() => (this.#round = null));
    return this.#round;
  }
}
