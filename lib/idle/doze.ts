/**
 * Whether a scheduler worker, before it parks, sleeps a moment without asking to be woken.
 *
 * Runs on: the scheduler worker. A producer that goes on after it rang is pushed off its core by the
 * scheduler that it woke, for as little as one burst: then most of that core goes into changing threads. A
 * doze lets it go on meanwhile, and finds many bursts. Where threads wait for an answer before they
 * go on, a doze finds no more than a ring brings, and costs time. Which of both it is, trials tell.
 */

/** Shorter than a timer of Linux is exact (0.05 ms), which comes on top. */
export const DOZE_MS = 0.02;

/** A doze pays if it brings so many times the work that a ring brings, … */
const GAIN = 4;
/** … and so many events: two bursts. */
const WORTH = 64;
/** Rests between two trials; twice as many after each that did not pay. */
const GAP_MIN = 16;
const GAP_MAX = 1024;
/** So many dozes, then a park, which shows what a ring brings by now. */
const ROW = 64;
/** Weight of the latest ring in the mean. */
const WEIGHT = 1 / 8;

export class Doze {
  /** Since the last rest. */
  #work = 0;
  /** What a ring brings: log2, so that one long spell does not count for hundreds of short ones. */
  #usual = 0;
  #isDozing = false;
  #row = 0;
  #gap = GAP_MIN;
  /** Rests that are no dozes, until the next one that is. */
  #left = GAP_MIN;

  /** Takes note of the work of a pass. */
  add(moved: number): void {
    this.#work += moved;
  }

  /** The thread is about to rest: whether it is to doze. `isCrowded`: cores are scarce. */
  next(isCrowded: boolean): boolean {
    const work = this.#work;
    this.#work = 0;
    if (this.#isDozing) this.#judge(work);
    else if (work > 0 && isCrowded) {
      this.#usual += (Math.log2(work) - this.#usual) * WEIGHT;
      this.#left--;
    }
    this.#isDozing = isCrowded && work > 0 && this.#left <= 0;
    return this.#isDozing;
  }

  #judge(work: number): void {
    if (work >= WORTH && work >= GAIN * 2 ** this.#usual) {
      this.#row++;
      this.#gap = GAP_MIN;
      this.#left = this.#row % ROW === 0 ? 1 : 0;
    } else {
      this.#row = 0;
      this.#left = this.#gap;
      this.#gap = Math.min(this.#gap * 2, GAP_MAX);
    }
  }
}
