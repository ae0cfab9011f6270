/**
 * Which workers' event loops turn: each moves its word by a timer, so one that stands still is kept from turning.
 *
 * Runs on: the seats' threads, each for its own word; and the submitting thread, which looks. Plain accesses: nothing is
 * handed over by these words.
 */

/** Beats per time that a job has. */
const BEATS = 4;

/** In the worker. The timer keeps no thread alive. */
export function startBeating(memory: SharedArrayBuffer, seat: number, timeoutMs: number): void {
  const words = new Int32Array(memory);
  setInterval(() => words[seat]!++, Math.ceil(timeoutMs / BEATS)).unref();
}

/** In the submitting thread. */
export class Beats {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #seen: { beat: number; since: number }[];

  constructor(seats: number) {
    this.memory = new SharedArrayBuffer(4 * seats);
    this.#words = new Int32Array(this.memory);
    this.#seen = Array.from({ length: seats }, () => ({ beat: 0, since: 0 }));
  }

  look(now: number): void {
    for (const [seat, seen] of this.#seen.entries()) {
      if (this.#words[seat] === seen.beat) continue;
      seen.beat = this.#words[seat]!;
      seen.since = now;
    }
  }

  /** How long the seat's event loop has not turned, as far as can be told from here. */
  still(seat: number, now: number): number {
    return now - this.#seen[seat]!.since;
  }
}
