/**
 * Where the thread of a port sleeps: blocking, or without blocking.
 *
 * Runs on: the port's thread. Writes the port's SLEEPING word, in which each way of waiting has a
 * bit of its own: a blocking wait may run while an asynchronous one is pending. Beside them stands how many NEW events a
 * wait is to have accepted, if one is: only such a wait asks the scheduler for credits.
 */
import type { PortLayout } from '../memory/layout.js';
import { PORT, SEEKS_SHIFT, WAYS_MASK } from '../memory/layout.js';
import { observe, park, parkAsync, publish } from '#words';
import { PARK_LIMIT_MS } from './park-limit.js';
import { Spin } from './spin.js';

const BLOCKING = 1;
const ASYNC = 2;

export class Waiter {
  readonly #words: Int32Array;
  readonly #wakeAt: number;
  readonly #sleepingAt: number;
  readonly #spin: Pick<Spin, 'goesOn'>;
  #sleeping = 0;
  #closed = false;

  constructor(words: Int32Array, port: PortLayout, spin: Pick<Spin, 'goesOn'> = new Spin(0)) {
    this.#words = words;
    this.#spin = spin;
    this.#wakeAt = port.at + PORT.WAKE;
    this.#sleepingAt = port.at + PORT.SLEEPING;
  }

  /** Blocks until `done()` or `ms` have passed. `done` must observe what it looks at. */
  block(done: () => boolean, ms: number): void {
    for (let look = 1; this.#spin.goesOn(look); look++) if (done()) return;
    const deadline = performance.now() + ms;
    this.#announce(BLOCKING);
    for (;;) {
      const seen = observe(this.#words, this.#wakeAt);
      // W2 → W1 (the scheduler observes SLEEPING after it published): announced first, then
      // looked again, on a count read before: no wake-up falls in between.
      if (done()) break;
      const left = deadline - performance.now();
      if (left <= 0) break;
      park(this.#words, this.#wakeAt, seen, Math.min(left, PARK_LIMIT_MS));
    }
    this.#retract(BLOCKING);
  }

  /** Resolves when the port was woken or `ms` have passed; at once when `done()`. */
  async sleep(done: () => boolean, ms: number): Promise<void> {
    this.#announce(ASYNC);
    try {
      const seen = observe(this.#words, this.#wakeAt);
      if (done()) return;
      const parked = parkAsync(this.#words, this.#wakeAt, seen, Math.min(ms, PARK_LIMIT_MS));
      if (parked !== true) await parked;
    } finally {
      this.#retract(ASYNC);
    }
  }

  /** Says that waits are to have `count` NEW events accepted, the least of them; 0: none is. */
  seek(count: number): void {
    this.#say((this.#sleeping & WAYS_MASK) | (count << SEEKS_SHIFT));
  }

  /** The port has gone to another owner, or is about to: nothing is written from here on. `isOurs`: it is about to. */
  close(isOurs: boolean): void {
    if (isOurs && this.#sleeping !== 0) this.#say(0);
    this.#closed = true;
  }

  #announce(bit: number): void {
    this.#say(this.#sleeping | bit);
  }

  #retract(bit: number): void {
    this.#say(this.#sleeping & ~bit);
  }

  #say(next: number): void {
    if (this.#closed) return;
    this.#sleeping = next;
    publish(this.#words, this.#sleepingAt, next);
  }
}
