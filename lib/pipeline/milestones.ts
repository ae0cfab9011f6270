/** Points in the sequence of a stream's items, and who waits until all before such a point is done. */
interface Milestone {
  /** Items with smaller numbers are before it. */
  readonly at: number;
  /** What is before it and not done. */
  left: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Milestones {
  readonly #waiting = new Set<Milestone>();

  /** Resolves when `left` things before `at` are done. */
  set(at: number, left: number): Promise<void> {
    if (left === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.add({ at, left, resolve, reject }));
  }

  /** There is one thing more that belongs to item `number`, which is not done. */
  delay(number: number): void {
    for (const milestone of this.#waiting) if (number < milestone.at) milestone.left++;
  }

  /** One thing that belongs to item `number` is done. */
  pass(number: number): void {
    if (this.#waiting.size === 0) return;
    for (const milestone of this.#waiting) {
      if (number >= milestone.at || --milestone.left > 0) continue;
      this.#waiting.delete(milestone);
      milestone.resolve();
    }
  }

  fail(reason: unknown): void {
    for (const { reject } of this.#waiting) reject(reason);
    this.#waiting.clear();
  }
}
