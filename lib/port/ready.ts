/**
 * Waiting without blocking the thread: `port.ready()`.
 *
 * Runs on: the port's thread, on its event loop. All calls of a port share one `waitAsync` at a
 * time; a referenced timer keeps the loop alive, which `waitAsync` alone does not.
 */
import type { Waiter } from '../idle/waiter.js';
import { clamp } from './clamp.js';
import type { Seeking } from './seeking.js';

export interface ReadyOptions {
  signal?: AbortSignal;
  /** Events that must wait in the CQ. Default 1. */
  depth?: number;
  /** Enough for one event to have waited, in milliseconds. Default 10 when depth > 1. */
  withinMs?: number;
  /** That so many NEW events would be accepted will do as well: for a producer that was refused, for lack of credits or
   *  by its threshold, and must not block. At most as many as can ever be. */
  credits?: number;
}

/** What `ready` watches. */
export interface Watched {
  /** Events that a dequeue would find now. Observes. */
  waiting(): number;
  /** Whether so many NEW events would be accepted; asks for what is missing. Observes. */
  accepts(count: number): boolean;
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
  readonly #seeking: Seeking;
  readonly #most: number;
  /** Each call's way to look again. */
  readonly #nudges = new Set<() => void>();
  /** The wait that all calls share, and what they wait for to be exceeded. */
  #round: Promise<void> | null = null;

  /** `most`: NEW events that can ever be accepted at once. */
  constructor(waiter: Waiter, watched: Watched, seeking: Seeking, most: number) {
    this.#waiter = waiter;
    this.#watched = watched;
    this.#seeking = seeking;
    this.#most = most;
  }

  /** All calls look again: the port's own thread has changed something. */
  nudge(): void {
    for (const each of this.#nudges) each();
  }

  async until(options: ReadyOptions): Promise<boolean> {
    const { signal } = options;
    const depth = options.depth !== undefined && options.depth > 1 ? options.depth : 1;
    const credits = clamp(Math.ceil(options.credits ?? 0), this.#most);
    const withinMs = depth === 1 ? 0 : (options.withinMs ?? WITHIN_MS);
    let firstSeen = Number.NaN;
    let wake = (): void => {};
    const nudge = (): void => wake();
    signal?.addEventListener('abort', nudge);
    this.#nudges.add(nudge);
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    let isSeeking = false;
    try {
      for (;;) {
        if (signal?.aborted === true || this.#watched.over()) return false;
        const waiting = this.#watched.waiting();
        if (waiting >= depth) return true;
        if (credits > 0) {
          if (this.#watched.accepts(credits)) return true;
          if (!isSeeking) this.#seeking.begin(credits);
          isSeeking = true;
        }
        const now = performance.now();
        if (waiting === 0) firstSeen = Number.NaN;
        else if (Number.isNaN(firstSeen)) firstSeen = now;
        const left = waiting === 0 ? Infinity : firstSeen + withinMs - now;
        if (left <= 0) return true;
        let timer: ReturnType<typeof setTimeout> | undefined;
        // One promise per look: a race would leave a reaction on the longest-lived one each time.
        await new Promise<void>((resolve) => {
          wake = resolve;
          void this.#stirred(waiting, credits).then(resolve, resolve);
          if (left < KEEP_ALIVE_MS) timer = setTimeout(resolve, left);
        });
        clearTimeout(timer);
      }
    } finally {
      if (isSeeking) this.#seeking.end(credits);
      clearInterval(keepAlive);
      this.#nudges.delete(nudge);
      signal?.removeEventListener('abort', nudge);
    }
  }

  /** Settles when more than `waiting` events wait, something changed, or a park has ended. */
  #stirred(waiting: number, credits: number): Promise<void> {
    const stirred = (): boolean =>
      this.#watched.changed() ||
      this.#watched.waiting() > waiting ||
      (credits > 0 && this.#watched.accepts(credits));
    this.#round ??= this.#waiter.sleep(stirred, Infinity).finally(() => (this.#round = null));
    return this.#round;
  }
}
