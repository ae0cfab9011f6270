/** The beginning of a line whose end has not come yet: any number of parts, joined in linear time. */

export interface Rest<C> {
  readonly isEmpty: boolean;
  /** @param part may change afterwards. */
  add(part: C): void;
  /** All parts in one, with memory of its own. Empties the rest. */
  take(): C;
}

export class TextRest implements Rest<string> {
  #text = '';

  get isEmpty(): boolean {
    return this.#text === '';
  }

  add(part: string): void {
    // A rope: V8 copies nothing until somebody looks into it.
    this.#text += part;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

const NOTHING = Buffer.alloc(0);

export class ByteRest implements Rest<Buffer> {
  #bytes = NOTHING;
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(part: Buffer): void {
    const length = this.#length + part.length;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(part, this.#length);
    this.#length = length;
  }

  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = NOTHING;
    this.#length = 0;
    return bytes;
  }

  /** Twice the size each time. */
  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
