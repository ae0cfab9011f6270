/** Text that is made as it is read: words of a made-up language, few of them common. */
import type { Input } from '../command/input.js';
import { Random } from '../command/random.js';

const WORDS = 4000;
const SYLLABLES = ['ka', 'lo', 'mi', 'ter', 'an', 'ser', 'u', 'pol', 'en', 'dra', 'vi', 'sto'];
const SYLLABLES_MAX = 4;
const SENTENCE_MAX = 14;
/** Sentences that end a line. */
const PARAGRAPH_SHARE = 0.2;
/** Words of a rank are about as frequent as their rank is low. */
const SKEW = 2.5;

export class GeneratedText implements Input {
  readonly size: number;
  readonly identity = undefined;
  readonly comesAgain = false;
  readonly #words: readonly string[];
  readonly #random: Random;
  #left: number;
  #rest = Buffer.alloc(0);

  constructor(bytes: number, seed: number) {
    this.size = this.#left = bytes;
    this.#random = new Random(seed);
    this.#words = Array.from({ length: WORDS }, () => this.#newWord());
  }

  async read(buffer: Uint8Array): Promise<number> {
    const length = Math.min(buffer.length, this.#left);
    let filled = 0;
    while (filled < length) {
      if (this.#rest.length === 0) this.#rest = Buffer.from(this.#sentence());
      const taken = this.#rest.subarray(0, length - filled);
      buffer.set(taken, filled);
      this.#rest = this.#rest.subarray(taken.length);
      filled += taken.length;
    }
    this.#left -= length;
    return length;
  }

  async close(): Promise<void> {}

  #sentence(): string {
    const count = 1 + this.#random.below(SENTENCE_MAX);
    const words = Array.from({ length: count }, () => this.#word());
    return `${words.join(' ')}.${this.#random.next() < PARAGRAPH_SHARE ? '\n' : ' '}`;
  }

  #word(): string {
    return this.#words[Math.floor(WORDS * this.#random.next() ** SKEW)]!;
  }

  #newWord(): string {
    const count = 1 + this.#random.below(SYLLABLES_MAX);
    return Array.from({ length: count }, () => this.#random.pick(SYLLABLES)).join('');
  }
}
