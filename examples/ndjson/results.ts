/** What came out of one way through the file. */
import { createHash } from 'node:crypto';
import type { Trip } from './position.js';

/** Results after which it is told how far things are. */
const TELL_EVERY = 100;

export class Results {
  readonly #hash = createHash('sha256');
  readonly #trips = new Map<string, Trip>();
  readonly #startedAt = performance.now();
  readonly #onResults: (count: number) => void;
  #count = 0;

  constructor(onResults: (count: number) => void) {
    this.#onResults = onResults;
  }

  add(trip: Trip): void {
    this.#hash.update(`${JSON.stringify(trip)}\n`);
    this.#trips.set(trip.bus, trip);
    if (++this.#count % TELL_EVERY === 0) this.#onResults(TELL_EVERY);
  }

  /** There are no more. */
  end(): Outcome {
    return {
      count: this.#count,
      digest: this.#hash.digest('hex'),
      trips: [...this.#trips.values()],
      seconds: (performance.now() - this.#startedAt) / 1000,
    };
  }
}

export interface Outcome {
  readonly count: number;
  /** SHA-256 of all results, in the order in which they came. */
  readonly digest: string;
  /** The last result of each bus, in the order of their first ones. */
  readonly trips: readonly Trip[];
  readonly seconds: number;
}
