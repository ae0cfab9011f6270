/**
 * How much time somebody may take of a thread: a share of it, and at once what was saved up.
 */

/** Of each second. Requests of an ordinary tenant cost 0.1 ms: it may make a thousand. */
const SHARE = 0.2;
/** Saved up at most, in milliseconds: the largest domain that there can be costs 80, by a clock that runs on while others
 *  have the core. */
const SAVED_MAX_MS = 1000;

export class TimeBudget {
  #saved = SAVED_MAX_MS;
  #at = performance.now();

  /** It took so long. False: more than it had. */
  charge(ms: number): boolean {
    const now = performance.now();
    this.#saved = Math.min(SAVED_MAX_MS, this.#saved + (now - this.#at) * SHARE) - ms;
    this.#at = now;
    return this.#saved >= 0;
  }
}
