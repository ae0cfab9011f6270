/**
 * Looks after the oldest job of each stream: one that is not done in time is reported, once, and made
 * to fail if that was asked for.
 *
 * Runs on: a timer of the thread that opened the pool, which keeps no process alive.
 */
import type { OverdueReport } from './contract.js';
import type { JobBuffer } from './job-buffer.js';

/** Looks per time that a job has. */
const LOOKS = 4;

/** A job that its stream waits for. Its number does not tell it from that of another run; `place` does. */
export interface DueJob {
  readonly job: JobBuffer;
  /** Counts the jobs of the stream, modulo 2^32. */
  readonly place: number;
}

/** A stream, as far as it is watched. */
export interface Watched {
  readonly name: string;
  /** The oldest job that workers have been given and are not through with. */
  readonly oldestDue: DueJob | undefined;
}

export interface WatchdogOptions {
  readonly ms: number;
  /** Streams that are open now. */
  streams(): Iterable<Watched>;
  /** A job is overdue. */
  onOverdue(report: OverdueReport, job: JobBuffer): void;
}

interface Sight {
  readonly place: number;
  readonly since: number;
  reported: boolean;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #sights = new Map<Watched, Sight>();

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(performance.now()), Math.ceil(options.ms / LOOKS));
    this.#timer.unref();
  }

  /** Made by the timer, and by tests. */
  look(now: number): void {
    for (const stream of this.#options.streams()) {
      const due = stream.oldestDue;
      const sight = this.#sights.get(stream);
      if (due === undefined) this.#sights.delete(stream);
      else if (sight?.place !== due.place) {
        this.#sights.set(stream, { place: due.place, since: now, reported: false });
      } else if (!sight.reported && now - sight.since >= this.#options.ms) {
        sight.reported = true;
        this.#report(stream.name, due.job, now - sight.since);
      }
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #report(stream: string, job: JobBuffer, ms: number): void {
    const { number, holder, starts } = job;
    const report = { stream, job: number, seat: holder, ms, attempts: starts };
    this.#options.onOverdue(report, job);
  }
}
