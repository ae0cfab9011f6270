/**
 * Looks after jobs that are not done in time: those that a thread has in hand, and the oldest of each
 * stream, for which all others wait. Each is reported once, and made to fail if that was asked for.
 *
 * Runs on: a timer of the thread that opened the pool, which keeps no process alive.
 */
import type { OverdueReport } from './contract.js';
import type { JobBuffer } from './job-buffer.js';

/** Looks per time that a job has. */
const LOOKS = 4;

/** A job that workers were given. Its number does not tell it from that of another run; `place` does. */
export interface DueJob {
  readonly job: JobBuffer;
  /** Counts the jobs of the stream, modulo 2^32. */
  readonly place: number;
}

/** A stream, as far as it is watched. */
export interface Watched {
  readonly name: string;
  /** The jobs that workers have been given and are not through with, oldest first. */
  due(): Iterable<DueJob>;
}

export interface WatchdogOptions {
  readonly ms: number;
  /** Streams that are open now. */
  streams(): Iterable<Watched>;
  /** Before each look. */
  onLook?(now: number): void;
  /** A job is overdue. */
  onOverdue(report: OverdueReport, job: JobBuffer): void;
}

interface Sight {
  readonly seat: number | undefined;
  /** Times that a thread had begun it, of both functions. */
  readonly starts: number;
  readonly since: number;
  readonly reported: boolean;
}

type Sights = Map<number, Sight>;

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  /** What each look saw, by the place of the job. */
  #sights = new Map<Watched, Sights>();

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(performance.now()), Math.ceil(options.ms / LOOKS));
    this.#timer.unref();
  }

  /** Made by the timer, and by tests. */
  look(now: number): void {
    this.#options.onLook?.(now);
    const before = this.#sights;
    this.#sights = new Map();
    for (const stream of this.#options.streams()) {
      this.#sights.set(stream, this.#lookAt(stream, before.get(stream), now));
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #lookAt(stream: Watched, before: Sights | undefined, now: number): Sights {
    const sights: Sights = new Map();
    let isOldest = true;
    for (const { job, place } of stream.due()) {
      if (isOldest || job.holder !== undefined) {
        sights.set(place, this.#see(stream.name, job, before?.get(place), now));
      }
      isOldest = false;
    }
    return sights;
  }

  #see(stream: string, job: JobBuffer, before: Sight | undefined, now: number): Sight {
    const { holder: seat, number } = job;
    const starts = job.starts + job.serialStarts;
    // One that had to wait for a thread has its full time from when it gets one.
    if (before?.seat !== seat || before?.starts !== starts) {
      return { seat, starts, since: now, reported: false };
    }
    const ms = now - before.since;
    if (before.reported || ms < this.#options.ms) return before;
    this.#options.onOverdue({ stream, job: number, worker: seat, seat, ms, attempts: starts }, job);
    return { ...before, reported: true };
  }
}
