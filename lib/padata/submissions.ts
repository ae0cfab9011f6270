/** Single jobs by `submit`: promises in, results out in the same order. */
import { invalid } from '../crew/checks.js';
import type { DlbError } from '../eventdev/errors.js';
import type { Sink } from './deliverer.js';
import { copyInto, END } from './feed.js';
import type { Feed } from './feed.js';
import { Fifo } from './fifo.js';

interface Answer {
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

interface Submission {
  readonly bytes: Uint8Array;
  /** As it was submitted. */
  readonly length: number;
  readonly answer: Answer;
}

export class Submissions implements Feed, Sink {
  readonly accepted = true;
  readonly joins = true;
  readonly #waiting = new Fifo<Submission>();
  readonly #inFlight = new Fifo<Answer>();

  add(bytes: Uint8Array, length: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) =>
      this.#waiting.push({ bytes, length, answer: { resolve, reject } }),
    );
  }

  /** Some have no result yet. */
  get pending(): boolean {
    return this.waiting || !this.#inFlight.isEmpty;
  }

  /** Some have not been fed. */
  get waiting(): boolean {
    return !this.#waiting.isEmpty;
  }

  readonly fill = (buffer: Uint8Array): number => {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        const length = copyInto(buffer, next.bytes);
        if (length !== next.length) throw changed(next.length, length);
        this.#inFlight.push(next.answer);
        return length;
      } catch (error) {
        // What was changed while it waited fails alone.
        next.answer.reject(error);
      }
    }
    return END;
  };

  cancel(): void {}

  done(result: Uint8Array): void {
    this.#inFlight.shift()!.resolve(result.slice());
  }

  failed(error: DlbError): void {
    this.#inFlight.shift()!.reject(error);
  }

  /** None of them will get a result. */
  abandon(reason: unknown): void {
    let answer: Answer | undefined;
    while ((answer = this.#inFlight.shift()) !== undefined) answer.reject(reason);
    while ((answer = this.#waiting.shift()?.answer) !== undefined) answer.reject(reason);
  }
}

function changed(was: number, length: number): DlbError {
  return invalid('a job changed its length while it waited', 'length', length, { was });
}
