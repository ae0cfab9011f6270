/**
 * Whether a scheduler worker, before it parks, sleeps a moment without asking to be woken.
 *
 * Runs on: the scheduler worker. A producer that goes on after it rang is pushed off its core by the
 * scheduler that it woke, for as little as one burst: then most of that core goes into changing threads. A
 * doze lets it go on meanwhile, and finds many bursts. Where threads wait for an answer before they
 * go on, a doze finds no more than is in flight, and costs time. Which of both it is, trials tell.
 */

/** The shortest that a timer gives: Linux adds 0.05 ms. What is in flight meanwhile must last so long. */
export const DOZE_MS = 0.005;

/** A doze pays if it brings so many times the work that a ring brings, … */
const GAIN = 4;
/** … and so many events, two bursts; and no less in the time that it takes. */
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
  /** What a ring brings, and that per millisecond: log2, so that one long spell does not count for hundreds of
   *  short ones. */
  #usual = Number.NaN;
  #rate = Number.NaN;
  /** What the dozes of this row bring per millisecond, as above: a thread that has to leave its core for a while shows
   *  in one of them. */
  #dozeRate = Number.NaN;
  #since = Number.NaN;
  #isDozing = false;
  #row = 0;
  #gap = GAP_MIN;
  /** Rests that are no dozes, until the next one that is. */
  #left = GAP_MIN;

  /** Takes note of the work of a pass. */
  add(moved: number): void {
    this.#work += moved;
  }

  /** The thread is about to rest, at `now` in milliseconds: whether it is to doze. `isCrowded`: cores are scarce. */
  next(isCrowded: boolean, now: number): boolean {
    const work = this.#work;
    const ms = now - this.#since;
    this.#work = 0;
    this.#since = now;
    if (this.#isDozing) this.#judge(work, work / ms);
    else if (work > 0 && isCrowded && ms > 0) {
      this.#usual = mean(this.#usual, Math.log2(work));
      this.#rate = mean(this.#rate, Math.log2(work / ms));
      this.#left--;
    }
    this.#isDozing = isCrowded && work > 0 && this.#left <= 0;
    return this.#isDozing;
  }

  #judge(work: number, rate: number): void {
    this.#dozeRate = mean(this.#dozeRate, Math.log2(rate));
    const isMore = work >= WORTH && work >= GAIN * 2 ** this.#usual;
    if (isMore && this.#dozeRate >= this.#rate) {
      this.#row++;
      this.#gap = GAP_MIN;
      this.#left = this.#row % ROW === 0 ? 1 : 0;
    } else {
      this.#row = 0;
      this.#dozeRate = Number.NaN;
      this.#gap = Math.min(this.#gap * 2, GAP_MAX);
      this.#left = this.#gap;
    }
  }
}

/** The running mean with one more value; of nothing yet, the value. */
function mean(before: number, value: number): number {
  return Number.isNaN(before) ? value : before + (value - before) * WEIGHT;
}
