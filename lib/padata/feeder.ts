/**
 * The feeding half of a run: takes a free buffer, has it filled, puts it in line.
 *
 * Runs on: the submitting thread. One fill is pending at a time, so the input keeps its order.
 */
import { checkFilled, END } from './feed.js';
import type { Feed } from './feed.js';
import type { JobBuffer } from './job-buffer.js';
import type { Turns } from '../crew/turns.js';
import { BURST } from './flight.js';
import type { Flight } from './flight.js';

export class Feeder {
  /** No more jobs will come. */
  ended = false;
  submitted = 0;
  readonly #flight: Flight;
  readonly #feed: Feed;
  readonly #turns: Turns;
  readonly #fail: (reason: unknown) => void;
  #filling = false;
  /** The source's code is on the stack. */
  #pulling = false;
  /** A job that came when the pool was stopped. */
  #held: JobBuffer | undefined;
  #heldLength = 0;
  #number: number;

  /**
   * @param first number of the first job.
   * @param fail what to do with what the source throws.
   */
  constructor(
    flight: Flight,
    feed: Feed,
    first: number,
    turns: Turns,
    fail: (reason: unknown) => void,
  ) {
    this.#flight = flight;
    this.#feed = feed;
    this.#number = first;
    this.#turns = turns;
    this.#fail = fail;
  }

  /** Feeds one burst, or until something is to be waited for, or the event loop is due. Returns the number of
   *  buffers it looked at. */
  step(): number {
    let fed = this.#sendHeld();
    while (
      fed < BURST &&
      !this.ended &&
      !this.#filling &&
      this.#held === undefined &&
      !this.#isPaused &&
      this.#flight.hasRoom &&
      this.#flight.accepts &&
      !this.#turns.isDue
    ) {
      this.#feedOne();
      fed++;
    }
    return fed;
  }

  get #isPaused(): boolean {
    return this.#flight.exchange.paused && this.#feed.accepted !== true;
  }

  /** The source is no longer wanted. A fill that is pending gets no answer, only its buffer back. */
  stop(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.#held !== undefined) this.#flight.give(this.#held);
    this.#held = undefined;
    // A generator cannot be ended while it runs: it is when it has come back.
    if (!this.#pulling) this.#feed.cancel();
  }

  #feedOne(): void {
    const buffer = this.#flight.take();
    try {
      this.#pulling = true;
      const filled: unknown = this.#feed.fill(buffer.room, this.#number);
      this.#pulling = false;
      if (this.ended) this.#feed.cancel();
      if (typeof filled === 'number') this.#submit(buffer, filled);
      else void this.#await(buffer, filled);
    } catch (error) {
      this.#pulling = false;
      this.#drop(buffer, error);
    }
  }

  async #await(buffer: JobBuffer, filled: unknown): Promise<void> {
    this.#filling = true;
    try {
      this.#submit(buffer, await filled);
    } catch (error) {
      this.#drop(buffer, error);
    }
    this.#filling = false;
    this.#flight.latch.open();
  }

  #submit(buffer: JobBuffer, filled: unknown): void {
    const length = this.ended ? END : checkFilled(filled, buffer.room);
    if (length === END) {
      this.ended = true;
      this.#flight.give(buffer);
      return;
    }
    this.#held = buffer;
    this.#heldLength = length;
    this.#sendHeld();
  }

  /** Returns how many went: a pool that is stopped takes none. */
  #sendHeld(): number {
    if (this.#held === undefined || this.#isPaused) return 0;
    this.#flight.submit(this.#held, this.#number, this.#heldLength);
    this.#held = undefined;
    this.#number++;
    this.submitted++;
    return 1;
  }

  #drop(buffer: JobBuffer, error: unknown): void {
    this.#flight.give(buffer);
    if (!this.ended) this.#fail(error);
  }
}
