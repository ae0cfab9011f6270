/**
 * The port's half of giving back what lies undelivered in its CQ: it asks, takes nothing, and goes
 * on when the scheduler has answered.
 *
 * Runs on: the port's thread. Writes the port's YIELD word: a count of its requests above the
 * profile that it serves.
 */
import { PROFILE_MASK } from '../memory/domain-state.js';
import { PORT } from '../memory/layout.js';
import { observe, publish } from '#words';
import { leaveNews } from './news.js';

export class Yielding {
  readonly #words: Int32Array;
  readonly #at: number;
  #request: number;
  #isOpen = false;

  constructor(words: Int32Array, portAt: number) {
    this.#words = words;
    this.#at = portAt;
    this.#request = observe(words, portAt + PORT.YIELD);
    // What the last owner asked for is not for this one, answered or not.
    const answered = observe(words, portAt + PORT.YIELD_ACK);
    if (this.profile !== 0 || answered !== this.#request) this.request(0);
  }

  /** The link profile that the port serves, or will when the scheduler has answered. */
  get profile(): number {
    return this.#request & PROFILE_MASK;
  }

  /** A request is open: nothing may be taken from the CQ. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Asks; the scheduler has to be told. */
  request(profile: number): void {
    this.#request = ((this.#request | PROFILE_MASK) + 1) | profile | 0;
    this.#isOpen = true;
    // Y1 → Y2 (scheduler/yield.ts): the CQ's head does not move from here on.
    publish(this.#words, this.#at + PORT.YIELD, this.#request);
    leaveNews(this.#words, this.#at);
  }

  /** Whether the scheduler has answered. Observes; what is in the CQ then may be taken. */
  isDone(): boolean {
    if (!this.#isOpen) return true;
    // Y4 ← Y3 (scheduler/yield.ts): the CQ's tail has been taken back.
    if (observe(this.#words, this.#at + PORT.YIELD_ACK) !== this.#request) return false;
    this.#isOpen = false;
    return true;
  }
}
