/**
 * Lets other workers have what lies in the CQ of one that has no place for it.
 *
 * Runs on: the worker. One whose places are all taken, and that has taken no event for a while, serves a link
 * profile without links: what was delivered to its port goes back in front of its queues. As soon as it has a
 * place it serves its own profile again.
 */

/** Long enough that it costs nothing where calls are short. */
const FULL_MS = 20;
const OWN_PROFILE = 0;
/** Nobody links anything in it. */
const NO_LINKS = 1;

/** What of a port is needed. */
interface Profiled {
  switchProfile(profile: number): boolean;
}

export class StepAside {
  readonly #port: Profiled;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFull = false;
  #isAside = false;
  /** How often it had a place. */
  #turns = 0;

  constructor(port: Profiled) {
    this.#port = port;
  }

  /** The worker has no place for another event. */
  full(): void {
    this.#isFull = true;
    if (this.#timer === undefined && !this.#isAside) this.#watch();
  }

  /** It has. */
  free(): void {
    this.#isFull = false;
    this.#turns++;
    if (!this.#isAside) return;
    this.#isAside = false;
    this.#port.switchProfile(OWN_PROFILE);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #watch(): void {
    const turns = this.#turns;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isFull) return;
      if (turns !== this.#turns) this.#watch();
      else this.#isAside = this.#port.switchProfile(NO_LINKS);
    }, FULL_MS);
  }
}
