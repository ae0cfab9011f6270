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
}

/** What `ready` watches. */
export interface Watched {
  /** Events that a dequeue would find now. Observes. */
  waiting(): number;
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
  #round: Promise<void> | null = null;

  constructor(waiter: Waiter, watched: Watched) {
    this.#waiter = waiter;
    this.#watched = watched;
  }

  async until(options: ReadyOptions): Promise<boolean> {
    const { signal } = options;
    const depth = options.depth !== undefined && options.depth > 1 ? options.depth : 1;
    const withinMs = depth === 1 ? 0 : (options.withinMs ?? WITHIN_MS);
    let firstSeen = Number.NaN;
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    const aborted = abortion(signal);
    try {
      for (;;) {
        if (signal?.aborted === true) return false;
        if (this.#watched.over()) return false;
        const waiting = this.#watched.waiting();
        if (waiting >= depth) return true;
        const now = performance.now();
        if (waiting === 0) firstSeen = Number.NaN;
        else if (Number.isNaN(firstSeen)) firstSeen = now;
        const left = waiting === 0 ? Infinity : firstSeen + withinMs - now;
        if (left <= 0) return true;
        await Promise.race([this.#nextChange(waiting, left), aborted.promise]);
      }
    } finally {
      clearInterval(keepAlive);
      aborted.dispose();
    }
  }

  /** One shared wait: until more than `waiting` events wait, something changes, or time is up. */
  #nextChange(waiting: number, ms: number): Promise<void> {
    const changed = (): boolean => this.#watched.changed() || this.#watched.waiting() > waiting;
    this.#round ??= this.#waiter.sleep(changed, ms).finally(() => (this.#round = null));
    return this.#round;
  }
}

interface Abortion {
  readonly promise: Promise<void>;
  dispose(): void;
}

function abortion(signal: AbortSignal | undefined): Abortion {
  if (signal === undefined) return { promise: new Promise(() => {}), dispose: () => {} };
  let listener = (): void => {};
  const promise = new Promise<void>((resolve) => (listener = resolve));
  signal.addEventListener('abort', listener, { once: true });
  return { promise, dispose: () => signal.removeEventListener('abort', listener) };
}
