/** A small generator of numbers that look random: the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Never 0, which xorshift does not leave.
    this.#state = (Math.imul(seed + 1, 0x9e37_79b1) ^ 0x5bd1_e995) | 1;
  }

  /** 0 to below 1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 2 ** 32;
  }

  /** 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** @param choices one at least. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}
