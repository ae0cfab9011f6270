/** What several wait for: that something has changed, whatever it is. */
export class Changes {
  #waiters: (() => void)[] = [];

  /** Resolves at the next change. Look first, then wait: nothing happens in between. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  tell(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
