/** Goes through a block of whole lines, and gives them without their ends, LF or CRLF. */
import type { Block } from './blocks.js';

const LF = 10;
const CR = 13;

export interface Cursor {
  /** Undefined: there is no other line in the block. */
  next(): string | Uint8Array | undefined;
  /** The lines that have not been given. */
  rest(): Block;
}

export class TextCursor implements Cursor {
  readonly #text: string;
  #at = 0;

  constructor(block: Block) {
    // As TextDecoder does, this makes U+FFFD of what is not UTF-8.
    this.#text = typeof block === 'string' ? block : block.toString('utf8');
  }

  next(): string | undefined {
    const text = this.#text;
    const at = this.#at;
    if (at === text.length) return undefined;
    const end = text.indexOf('\n', at);
    this.#at = end < 0 ? text.length : end + 1;
    if (end < 0) return text.slice(at);
    const isCrLf = end > at && text.charCodeAt(end - 1) === CR;
    return text.slice(at, isCrLf ? end - 1 : end);
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }
}

/** Its lines are views of the block's memory. */
export class ByteCursor implements Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(block: Block) {
    this.#bytes = typeof block === 'string' ? Buffer.from(block, 'utf8') : block;
  }

  next(): Uint8Array | undefined {
    const bytes = this.#bytes;
    const at = this.#at;
    if (at === bytes.length) return undefined;
    const end = bytes.indexOf(LF, at);
    this.#at = end < 0 ? bytes.length : end + 1;
    if (end < 0) return this.#view(at, bytes.length);
    const isCrLf = end > at && bytes[end - 1] === CR;
    return this.#view(at, isCrLf ? end - 1 : end);
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  /** No Buffer: to make one takes longer. */
  #view(from: number, to: number): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + from, to - from);
  }
}
