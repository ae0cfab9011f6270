/** Single jobs by `submit`: promises in, results out in the same order. */
import type { DlbError } from '../eventdev/errors.js';
import type { Sink } from './deliverer.js';
import { copyInto, END } from './feed.js';
import type { Feed } from './feed.js';

interface Submission {
  readonly bytes: Uint8Array;
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

export class Submissions implements Feed, Sink {
  readonly accepted = true;
  readonly joins = true;
  /** From `#delivered` to `#fed` in flight, from there on waiting for a buffer. */
  #all: Submission[] = [];
  #fed = 0;
  #delivered = 0;

  add(bytes: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => this.#all.push({ bytes, resolve, reject }));
  }

  /** Some have no result yet. */
  get pending(): boolean {
    return this.#delivered < this.#all.length;
  }

  /** Some have not been fed. */
  get waiting(): boolean {
    return this.#fed < this.#all.length;
  }

  readonly fill = (buffer: Uint8Array): number => {
    const next = this.#all[this.#fed];
    if (next === undefined) return END;
    this.#fed++;
    return copyInto(buffer, next.bytes);
  };

  cancel(): void {}

  done(result: Uint8Array): void {
    this.#shift().resolve(result.slice());
  }

  failed(error: DlbError): void {
    this.#shift().reject(error);
  }

  /** None of them will get a result. */
  abandon(reason: unknown): void {
    const left = this.#all.slice(this.#delivered);
    this.#forget();
    for (const submission of left) submission.reject(reason);
  }

  #shift(): Submission {
    const first = this.#all[this.#delivered]!;
    this.#delivered++;
    if (this.#delivered === this.#all.length) this.#forget();
    return first;
  }

  #forget(): void {
    this.#all = [];
    this.#fed = 0;
    this.#delivered = 0;
  }
}
