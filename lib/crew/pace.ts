/**
 * How many jobs a worker takes at once.
 *
 * Long jobs are taken one by one: those in a burst wait for each other while another worker may be
 * idle. Short ones are taken in bursts, which is where their distribution gets cheap.
 */
const BURST_MAX = 64;
/** Work taken at once: dozens of wake-ups' worth, and little enough to wait for. */
const TARGET_MS = 0.5;
/** Weight of the newest job in the running mean. */
const WEIGHT = 1 / 16;

export class Pace {
  /** The most that `max` can be. */
  readonly limit = BURST_MAX;
  /** Jobs to take next time. */
  max = 1;
  #mean = TARGET_MS;

  /** Takes note of one job's duration. */
  note(ms: number): void {
    this.#mean += (ms - this.#mean) * WEIGHT;
    const fitting = TARGET_MS / this.#mean;
    this.max = fitting >= BURST_MAX ? BURST_MAX : fitting > 1 ? Math.floor(fitting) : 1;
  }
}
