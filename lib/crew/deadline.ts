/** When something has to be over; it can be made earlier, not later. */
export class Deadline {
  /** Resolves then. */
  readonly passed: Promise<void>;
  #pass!: () => void;
  #at = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.passed = new Promise((resolve) => (this.#pass = resolve));
  }

  /** In so many milliseconds at the latest: see `isTimeLimit`. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (!(at < this.#at)) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#pass, ms);
  }

  /** Nobody waits for it any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#at = -Infinity;
  }
}
