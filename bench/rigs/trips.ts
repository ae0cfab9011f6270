/** Round trips of one run: each has to come back once; how long they took, sorted. */

export class Trips {
  readonly count: number;
  done = 0;
  readonly #micros: Float64Array;
  readonly #seen: Uint8Array;
  #wrong = 0;

  constructor(count: number) {
    this.count = count;
    this.#micros = new Float64Array(count);
    this.#seen = new Uint8Array(count);
  }

  back(n: number, sentAt: number): void {
    if (n < 0 || n >= this.count || this.#seen[n] === 1) {
      this.#wrong++;
      return;
    }
    this.#seen[n] = 1;
    this.#micros[this.done++] = (performance.now() - sentAt) * 1000;
  }

  get problems(): string[] {
    const { done, count } = this;
    const isRight = done === count && this.#wrong === 0;
    return isRight ? [] : [`sent=${count}, back=${done}, wrong=${this.#wrong}`];
  }

  /** In microseconds. */
  percentile(percent: number): number {
    const sorted = this.#micros.subarray(0, this.done).toSorted();
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
  }
}
