/**
 * When a thread that has much to do owes its event loop a turn: at least every 10 ms, so that timers, messages and
 * whoever else lives on it have theirs.
 *
 * Runs on: any thread; each loop has its own.
 */

/** Longest time between two turns, less what the look and the turn itself take. */
const TURN_MS = 9;
/** How much of the longest piece of work is still expected after another one. */
const DECAY = 0.9;

export class Turns {
  #last = performance.now();
  #looked = this.#last;
  /** What the next piece of work may take, by those before. */
  #expected = 0;
  #isDue = false;

  /** Asked between two pieces of work: the next one would come to its end too late. Stays so until `take`. */
  get isDue(): boolean {
    const now = performance.now();
    const took = Math.min(now - this.#looked, TURN_MS);
    this.#looked = now;
    this.#expected = Math.max(took, this.#expected * DECAY);
    this.#isDue ||= now - this.#last + this.#expected >= TURN_MS;
    return this.#isDue;
  }

  /** The time since the last look was no work: something was waited for. */
  waited(): void {
    this.#looked = performance.now();
  }

  /** Gives the event loop its turn. Returns how long it took, in milliseconds. */
  async take(): Promise<number> {
    const began = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    this.#last = this.#looked = performance.now();
    this.#isDue = false;
    return this.#last - began;
  }
}
