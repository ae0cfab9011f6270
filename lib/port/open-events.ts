/**
 * The events that an independent port has dequeued and not completed, by name, in the order in which they
 * were dequeued.
 *
 * Runs on: the port's thread. Private memory. The scheduler never gives such a port two open events of one
 * name; what somebody else wrote over the CQ is left out here.
 */
import { nameAt, nameMask } from '../eventdev/event-name.js';
import { QE_WORDS } from '../eventdev/event.js';

export class OpenEvents {
  readonly #mask: number;
  readonly #isOpen: Uint8Array;
  /** By name: the one dequeued before it, and behind it. Behind the names: both ends. */
  readonly #before: Int32Array;
  readonly #behind: Int32Array;
  readonly #ends: number;

  constructor(names: number) {
    this.#mask = nameMask(names);
    this.#isOpen = new Uint8Array(names);
    this.#before = new Int32Array(names + 1);
    this.#behind = new Int32Array(names + 1);
    this.#ends = names;
    this.clear();
  }

  /** None is open. */
  clear(): void {
    this.#isOpen.fill(0);
    this.#before[this.#ends] = this.#ends;
    this.#behind[this.#ends] = this.#ends;
  }

  /** The first `count` events of `words` were dequeued. */
  add(words: Int32Array, count: number): void {
    for (let at = 0, end = count * QE_WORDS; at < end; at += QE_WORDS) {
      const name = this.nameOf(words, at);
      if (name >= this.#ends || this.has(name)) continue;
      this.#before[name] = this.#before[this.#ends]!;
      this.#behind[name] = this.#ends;
      this.reopen(name);
    }
  }

  nameOf(words: Int32Array, at: number): number {
    return nameAt(words, at, this.#mask);
  }

  has(name: number): boolean {
    return this.#isOpen[name] === 1;
  }

  /** True if the event was open. */
  complete(name: number): boolean {
    if (!this.has(name)) return false;
    this.#isOpen[name] = 0;
    this.#link(this.#before[name]!, this.#behind[name]!);
    return true;
  }

  /** Takes a `complete` back; of several the last one first. */
  reopen(name: number): void {
    this.#isOpen[name] = 1;
    this.#link(this.#before[name]!, name);
    this.#link(name, this.#behind[name]!);
  }

  /** Completes the `count` oldest, or as many as there are. */
  completeOldest(count: number): void {
    for (let left = count; left > 0 && this.complete(this.#behind[this.#ends]!); left--);
  }

  #link(before: number, behind: number): void {
    this.#behind[before] = behind;
    this.#before[behind] = before;
  }
}
