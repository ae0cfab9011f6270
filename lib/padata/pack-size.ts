/**
 * How many jobs travel in one event.
 *
 * An event has a price (two rings, a window, up to four wake-ups) that jobs of a few microseconds
 * cannot pay one by one. So they share one, as far as the work in it stays short: a pack is run by
 * one worker from its first job to its last, and its results come back together.
 */

/** More would bring nothing: by then the event's price is spread thin. */
export const PACK_MAX = 64;
/** Work in one pack: dozens of wake-ups' worth, and little enough to wait for. */
const TARGET_MS = 0.5;
/** Jobs of a new run may be longer than those before: until it is known, packs are small. */
const PROBE_MAX = 8;
/** Packs that each worker should have: in hand, waiting, on the way back, being filled. */
const PACKS_PER_WORKER = 4;
/** Weight of one job in the running mean. */
const WEIGHT = 1 / 16;

export class PackSize {
  /** Jobs for the next pack. */
  limit = 1;
  readonly #cap: number;
  #mean = TARGET_MS;
  #probing = true;

  /** @param jobs most jobs in flight. */
  constructor(jobs: number, workers: number) {
    const fair = Math.floor(jobs / (workers * PACKS_PER_WORKER));
    this.#cap = Math.max(1, Math.min(PACK_MAX, fair));
  }

  /** What was learned about the jobs so far may no longer hold. */
  probe(): void {
    this.#probing = true;
    this.#decide();
  }

  /** A pack of `count` jobs came back that was `ms` of work. */
  note(ms: number, count: number): void {
    const weight = Math.min(1, count * WEIGHT);
    this.#mean += (ms / count - this.#mean) * weight;
    this.#probing = false;
    this.#decide();
  }

  #decide(): void {
    const fitting = Math.floor(TARGET_MS / this.#mean);
    const most = this.#probing ? Math.min(this.#cap, PROBE_MAX) : this.#cap;
    this.limit = Math.max(1, Math.min(most, fitting));
  }
}
