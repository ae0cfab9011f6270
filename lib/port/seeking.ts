/**
 * Waits until NEW events would be accepted: what the port asks of the scheduler meanwhile.
 *
 * Runs on: the port's thread, for `awaitCredits` and `ready({ credits })`.
 * A wait that the threshold stands against asks for no credits: it could not use them, and others can. It is woken
 * when enough has left the domain, and asks then. What was asked for is withdrawn when the wait ends.
 */
import type { Waiter } from '../idle/waiter.js';
import type { Admission } from './admission.js';

export class Seeking {
  readonly #admission: Admission;
  readonly #waiter: Waiter;
  readonly #ring: () => void;
  /** How many NEW events each pending wait is to have accepted. */
  readonly #pending: number[] = [];
  /** The least of them, as the scheduler was told. */
  #least = 0;
  #isClosed = false;

  constructor(admission: Admission, waiter: Waiter, ring: () => void) {
    this.#admission = admission;
    this.#waiter = waiter;
    this.#ring = ring;
  }

  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  begin(count: number): void {
    this.#pending.push(count);
    this.ask();
  }

  end(count: number): void {
    this.#pending.splice(this.#pending.indexOf(count), 1);
    this.ask();
  }

  /** Blocks the thread until `count` NEW events would be accepted, `isOver()`, or `ms` have passed. */
  block(count: number, ms: number, isOver: () => boolean): void {
    this.begin(count);
    this.#waiter.block(() => isOver() || this.look(count), ms);
    this.end(count);
  }

  /** The port has gone to another owner, or is about to: nothing is asked from here on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Whether `count` NEW events would be accepted now; if not, asks for what is missing. Observes. */
  look(count: number): boolean {
    if (this.#admission.accepts(count)) return true;
    this.ask();
    return false;
  }

  /** Brings what the scheduler is told up to date. */
  ask(): void {
    if (this.#isClosed) return;
    let least = 0;
    let wanted = 0;
    const room = this.isPending ? this.#admission.room() : 0;
    for (const count of this.#pending) {
      if (least === 0 || count < least) least = count;
      if (count > wanted && count <= room) wanted = count;
    }
    // C6 → C5 (credits.ts#endWish): first what is sought, then a look at whether the wish still stands.
    if (least !== this.#least) this.#waiter.seek(least);
    this.#least = least;
    if (this.#admission.wish(wanted)) this.#ring();
  }
}
