/**
 * The events that an independent port has dequeued and not completed, by `implOpaque`.
 *
 * Runs on: the port's thread. Private memory. The scheduler never gives such a port more than 256
 * events, so a byte names one.
 */
import { OPAQUE_MASK } from '../eventdev/event.js';
import { OPAQUE_RANGE } from '../eventdev/limits.js';

export class OpenEvents {
  readonly #isOpen = new Uint8Array(OPAQUE_RANGE);
  /** Where the search for the oldest begins. */
  #oldest = 0;

  /** None is open; the next one dequeued is the oldest. */
  clear(): void {
    this.#isOpen.fill(0);
  }

  /** `events` were dequeued, the first of which carries `opaque`; `before` were open. */
  add(events: number, opaque: number, before: number): void {
    if (before === 0) this.#oldest = opaque;
    else this.#skipCompleted();
    for (let i = 0; i < events; i++) this.#isOpen[(opaque + i) & OPAQUE_MASK] = 1;
  }

  /** True if the event was open. */
  complete(opaque: number): boolean {
    if (this.#isOpen[opaque] === 0) return false;
    this.#isOpen[opaque] = 0;
    return true;
  }

  has(opaque: number): boolean {
    return this.#isOpen[opaque] !== 0;
  }

  /** Takes a `complete` back. */
  reopen(opaque: number): void {
    this.#isOpen[opaque] = 1;
  }

  /** Completions by name leave what is the oldest behind: it must not be met again a round later. */
  #skipCompleted(): void {
    for (let looked = 0; looked < OPAQUE_RANGE && !this.has(this.#oldest); looked++) {
      this.#oldest = (this.#oldest + 1) & OPAQUE_MASK;
    }
  }

  /** Completes the `count` oldest, which are open. One round at most: whoever overwrites the CQ can
   *  make more outstanding than a byte names. */
  completeOldest(count: number): void {
    let left = count;
    for (let looked = 0; left > 0 && looked < OPAQUE_RANGE; looked++) {
      if (this.complete(this.#oldest)) left--;
      this.#oldest = (this.#oldest + 1) & OPAQUE_MASK;
    }
  }
}
