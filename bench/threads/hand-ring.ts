/**
 * What people write by hand: a ring for one producer and one consumer in shared memory, with two
 * words to sleep on. It is as good as we know how; it only decides nothing.
 */
import type { Arrivals } from '../workload.js';
import { FLOWS } from '../workload.js';

const QE_WORDS = 4;
/** 128 bytes apart: two writers never share a cache line. */
const TAIL = 0;
const HEAD = 32;
const CONSUMER_SLEEPS = 64;
const PRODUCER_SLEEPS = 96;
const SLOTS = 128;
const SPINS = 50;

export function newHandRing(entries: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer((SLOTS + entries * QE_WORDS) * 4));
}

function entriesOf(ring: Int32Array): number {
  return (ring.length - SLOTS) / QE_WORDS;
}

export class HandRingProducer {
  readonly #ring: Int32Array;
  readonly #entries: number;
  #tail: number;
  #head: number;

  constructor(ring: Int32Array) {
    this.#ring = ring;
    this.#entries = entriesOf(ring);
    this.#tail = Atomics.load(ring, TAIL);
    this.#head = Atomics.load(ring, HEAD);
  }

  /** Writes an event that nobody sees before `publish`. Blocks while the ring is full. */
  write(n: number, waitMs: number): boolean {
    if (((this.#tail - this.#head) | 0) === this.#entries && !this.#awaitRoom(waitMs)) return false;
    const ring = this.#ring;
    const at = SLOTS + (this.#tail & (this.#entries - 1)) * QE_WORDS;
    ring[at] = n & (FLOWS - 1);
    ring[at + 2] = n;
    this.#tail = (this.#tail + 1) | 0;
    return true;
  }

  publish(): void {
    Atomics.store(this.#ring, TAIL, this.#tail);
    if (Atomics.load(this.#ring, CONSUMER_SLEEPS) === 1) Atomics.notify(this.#ring, TAIL);
  }

  #awaitRoom(waitMs: number): boolean {
    const ring = this.#ring;
    this.publish();
    for (let spins = 0; ; spins++) {
      const head = Atomics.load(ring, HEAD);
      if (head !== this.#head) {
        this.#head = head;
        return true;
      }
      if (spins < SPINS) continue;
      Atomics.store(ring, PRODUCER_SLEEPS, 1);
      const outcome = Atomics.wait(ring, HEAD, head, waitMs);
      Atomics.store(ring, PRODUCER_SLEEPS, 0);
      if (outcome === 'timed-out') return false;
    }
  }
}

export class HandRingConsumer {
  readonly #ring: Int32Array;
  readonly #entries: number;
  #head: number;

  constructor(ring: Int32Array) {
    this.#ring = ring;
    this.#entries = entriesOf(ring);
    this.#head = Atomics.load(ring, HEAD);
  }

  /** Hands up to `max` events to `arrivals`; how many there were, after a wait if there were none. */
  take(arrivals: Arrivals, max: number, waitMs: number): number {
    const ring = this.#ring;
    const count = Math.min(max, (this.#tail(waitMs) - this.#head) | 0);
    if (count === 0) return 0;
    for (let i = 0; i < count; i++) {
      const at = SLOTS + ((this.#head + i) & (this.#entries - 1)) * QE_WORDS;
      arrivals.takeOne(ring[at]!, ring[at + 2]!);
    }
    this.#head = (this.#head + count) | 0;
    Atomics.store(ring, HEAD, this.#head);
    if (Atomics.load(ring, PRODUCER_SLEEPS) === 1) Atomics.notify(ring, HEAD);
    return count;
  }

  #tail(waitMs: number): number {
    const ring = this.#ring;
    for (let spins = 0; spins < SPINS; spins++) {
      const tail = Atomics.load(ring, TAIL);
      if (tail !== this.#head) return tail;
    }
    Atomics.store(ring, CONSUMER_SLEEPS, 1);
    Atomics.wait(ring, TAIL, this.#head, waitMs);
    Atomics.store(ring, CONSUMER_SLEEPS, 0);
    return Atomics.load(ring, TAIL);
  }
}
