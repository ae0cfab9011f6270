/**
 * The writing end of a single-producer, single-consumer ring.
 *
 * Runs on:   the one thread that owns it (a port for its enqueue ring, the scheduler for CQs).
 * Writes:    TAIL, and the free slots from TAIL on. Nothing else.
 * Algorithm: Lamport's bounded ring; the producer's private tail runs ahead of the published one,
 *            so a burst costs one publish.
 * Ordering:  README.md, edge R1 → A1, fence F1 → F2.
 *
 * Entries are claimed with `slot()` and filled by the caller, who knows that there is room: the
 * scheduler counts what it put into a CQ, and an enqueue ring is as deep as all events together.
 */
import { QE_WORDS } from '../eventdev/event.js';
import { observe } from '#words';
import { publishNear, swapIfNear } from '../memory/near.js';
import type { RingLayout } from '../memory/layout.js';

export class RingProducer {
  readonly words: Int32Array;
  readonly layout: RingLayout;
  /** The consumer is on this thread. */
  near: boolean;
  /** Private: the next index to fill. */
  tail: number;
  #published: number;
  readonly #slots: number;
  readonly #mask: number;

  constructor(words: Int32Array, layout: RingLayout, near = false) {
    this.near = near;
    this.words = words;
    this.layout = layout;
    this.#slots = layout.slots;
    this.#mask = layout.mask;
    this.tail = observe(words, layout.tailAt);
    this.#published = this.tail;
  }

  /** Claims the next slot; returns its word offset. Invisible to the consumer until published. */
  slot(): number {
    const at = this.#slots + (this.tail & this.#mask) * QE_WORDS;
    this.tail = (this.tail + 1) | 0;
    return at;
  }

  /** Claims the next `count` slots; returns the index of the first. */
  claim(count: number): number {
    const first = this.tail;
    this.tail = (first + count) | 0;
    return first;
  }

  /** Entries written and not yet published. */
  get pending(): number {
    return (this.tail - this.#published) | 0;
  }

  /** Makes all claimed slots visible. */
  publish(): void {
    this.#published = this.tail;
    // R1 → A1 (consumer.ts#available): the entries written so far are visible to whoever
    // observes this tail.
    publishNear(this.near, this.words, this.layout.tailAt, this.tail);
  }

  /**
   * As `publish`, for a ring that the consumer may fence: false, and nothing is visible, if it did.
   */
  tryPublish(): boolean {
    const expected = this.#published;
    // R1 → A1 as above. F2 ← F1 (fence): after a fence this compare fails for good.
    const found = swapIfNear(this.near, this.words, this.layout.tailAt, expected, this.tail);
    if (found !== expected) return false;
    this.#published = this.tail;
    return true;
  }

  /** Whether the consumer has read all that was published. Observes. */
  isTakenIn(): boolean {
    // A2 ← R2 (consumer.ts#publish): the slots before this head have been read.
    return observe(this.words, this.layout.headAt) === this.#published;
  }

  /** Takes the newest `count` published entries back, from a consumer that reads none meanwhile. */
  retract(count: number): void {
    this.tail = (this.tail - count) | 0;
    this.publish();
  }

  /** Drops what was claimed and not published, and goes on from the shared tail. */
  resync(): void {
    this.tail = observe(this.words, this.layout.tailAt);
    this.#published = this.tail;
  }
}
