/**
 * What the tenants of a device ask of their controller, in the order in which it came and a little at a time, so that
 * the controller's event loop turns.
 */

/** Then others have their turn: timers, the program's own work, the door. */
const TURN_MS = 10;

export class Turns {
  #waiting: (() => void)[] = [];
  #isDue = false;

  add(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isDue = false;
    const until = performance.now() + TURN_MS;
    let done = 0;
    do this.#waiting[done++]!();
    while (done < this.#waiting.length && performance.now() < until);
    this.#waiting = this.#waiting.slice(done);
    this.#schedule();
  }
}
