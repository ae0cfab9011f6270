/** A gzip member, RFC 1952, strung together from blocks. */
import type { OutputTarget } from '../command/output.js';
import type { Deflated } from './block.js';
import { combineCrc32 } from './crc32-combine.js';

/** Magic, deflate, no flags, no time, no hint at the level, unknown system: what is in it depends on
 *  the input alone. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** An empty block that is marked as the last. */
const LAST_BLOCK = Uint8Array.of(3, 0);
const TRAILER_BYTES = 8;

export class GzipStream {
  readonly #output: OutputTarget;
  #crc = 0;
  /** Bytes that went in, and that came out. */
  bytesIn = 0;
  bytesOut = 0;

  constructor(output: OutputTarget) {
    this.#output = output;
  }

  async begin(): Promise<void> {
    await this.#write(HEADER);
  }

  /** Resolves when the block's bytes may be reused. */
  async append({ crc, length, bytes }: Deflated): Promise<void> {
    this.#crc = combineCrc32(this.#crc, crc, length);
    this.bytesIn += length;
    await this.#write(bytes);
  }

  async end(): Promise<void> {
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeUInt32LE(this.#crc);
    // The length modulo 2^32, by the format.
    trailer.writeUInt32LE(this.bytesIn % 2 ** 32, 4);
    await this.#write(LAST_BLOCK);
    await this.#write(trailer);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#output.write(bytes);
    this.bytesOut += bytes.length;
  }
}
