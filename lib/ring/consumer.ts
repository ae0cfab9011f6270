/**
 * The reading end of a single-producer, single-consumer ring.
 *
 * Runs on:   the one thread that owns it (the scheduler for enqueue rings, a port for its CQ).
 * Writes:    HEAD. Nothing else.
 * Algorithm: Lamport's bounded ring. `available` looks once per burst; the caller reads the slots
 *            in place, advances `head`, and publishes once.
 * Ordering:  README.md, edges R1 → A1 and R2 → A2.
 */
import { QE_WORDS } from '../eventdev/event.js';
import { observe } from '#words';
import { observeNear, publishNear } from '../memory/near.js';
import type { RingLayout } from '../memory/layout.js';

export class RingConsumer {
  readonly words: Int32Array;
  readonly layout: RingLayout;
  readonly slots: number;
  readonly mask: number;
  /** The producer is on this thread. */
  near: boolean;
  /** Private: the next index to read. */
  head: number;

  constructor(words: Int32Array, layout: RingLayout, near = false) {
    this.near = near;
    this.words = words;
    this.layout = layout;
    this.slots = layout.slots;
    this.mask = layout.mask;
    this.head = observe(words, layout.headAt);
  }

  /** Published entries from `head` on. A hostile tail may make this any number: check it. */
  available(): number {
    // A1 ← R1 (producer.ts#publish): the entries before this tail are complete.
    return (observeNear(this.near, this.words, this.layout.tailAt) - this.head) | 0;
  }

  /** Word offset of the entry at `index`. */
  slot(index: number): number {
    return this.slots + (index & this.mask) * QE_WORDS;
  }

  /** Gives the slots before `head` back to the producer. */
  publish(): void {
    // R2 → A2 (scheduler/cq-room.ts#cqUsed): the slots before this head have been read.
    publishNear(this.near, this.words, this.layout.headAt, this.head);
  }

  /** Writes HEAD for statistics only: for a ring whose producer never looks at it. */
  show(): void {
    this.words[this.layout.headAt] = this.head;
  }
}
