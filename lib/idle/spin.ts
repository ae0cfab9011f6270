/**
 * How long a thread looks for work before it parks.
 *
 * Runs on: a scheduler worker, or the thread of a port. While a core is idle, spinning is free, and
 * saves who rings the wake-up of this thread, some tens of microseconds; where threads wait for each
 * other to leave a core, it takes that core from the one that is waited for. Which of both it is shows
 * in how often the process was made to leave a core.
 */
import { SPIN_LOOKS } from './park-limit.js';

/** Looks where cores are scarce: who rings while this thread makes a pass is still heard. */
const CROWDED_LOOKS = 4;
/** Longer than another thread takes to be woken, to handle an event and to ring. */
const SPIN_MS = 0.1;
/** Between two looks at how often the process had to leave a core. */
const SAMPLE_MS = 20;
/** More often than this in a millisecond is often: an idle machine shows a few in a second. */
const CROWDED_PER_MS = 0.3;

export class Spin {
  #isCrowded = true;
  #sampledAt = 0;
  #switches = 0;
  #began = 0;
  readonly #ms: number;

  /** `ms`: how long to go on while cores are idle, if that is longer than SPIN_LOOKS looks take. */
  constructor(ms = SPIN_MS) {
    this.#ms = ms;
  }

  /** Cores are scarce, as far as was seen. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** Whether to look once more, after `idle` looks in a row found nothing. */
  goesOn(idle: number): boolean {
    if (idle <= CROWDED_LOOKS) return true;
    if (idle === CROWDED_LOOKS + 1) {
      this.#began = performance.now();
      this.#sample(this.#began);
    }
    if (this.#isCrowded) return false;
    return idle <= SPIN_LOOKS || performance.now() - this.#began < this.#ms;
  }

  #sample(now: number): void {
    const elapsed = now - this.#sampledAt;
    if (elapsed < SAMPLE_MS) return;
    const switches = involuntarySwitches();
    // So that it is true as well where nobody tells.
    this.#isCrowded = !(switches - this.#switches <= elapsed * CROWDED_PER_MS);
    this.#switches = switches;
    this.#sampledAt = now;
  }
}

/** Of all threads of the process, so far. Where nobody tells: as if they were many. */
function involuntarySwitches(): number {
  return globalThis.process?.resourceUsage?.().involuntaryContextSwitches ?? Infinity;
}
