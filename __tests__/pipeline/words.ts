/** Shared words that a test and its handlers see: see modules/meeting.ts. */
import { setTimeout as sleep } from 'node:timers/promises';

export class Words {
  readonly memory = new SharedArrayBuffer(64 * 4);
  readonly #words = new Int32Array(this.memory);

  get(word: number): number {
    return Atomics.load(this.#words, word);
  }
  set(word: number, value: number): void {
    Atomics.store(this.#words, word, value);
    Atomics.notify(this.#words, word);
  }
  async until(word: number, value: number): Promise<void> {
    while (this.get(word) < value) await sleep(1);
  }
}
