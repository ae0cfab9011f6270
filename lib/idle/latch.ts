/** A door that one waits at and anyone opens; it shuts behind who goes through. */
export class Latch {
  #open = false;
  #resolve: (() => void) | undefined;

  open(): void {
    this.#open = true;
    this.#resolve?.();
    this.#resolve = undefined;
  }

  async wait(): Promise<void> {
    if (!this.#open) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#open = false;
  }
}
