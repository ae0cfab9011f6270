/**
 * Values to bytes and back.
 *
 * A kind travels beside the bytes, so that the reader needs no agreement with the writer.
 */
import { deserialize, serialize } from 'node:v8';
import { invalid } from '../crew/checks.js';
import type { Codec } from './contract.js';

export const KIND = {
  // Items.
  BYTES: 0,
  STRING: 1,
  NUMBER: 2,
  JSON: 3,
  STRUCTURED: 4,
  /** Several items, results of the last stage: `readBundle`. */
  BUNDLE: 5,
  // Ends, of which the reader learns no value.
  ENDED: 6,
  DROPPED: 7,
  CANCELLED: 8,
  /** An error; the item that it happened to is in the other room. */
  FAILED: 9,
  DEAD: 10,
} as const;

const NUMBER_BYTES = 8;
/** Most bytes of UTF-8 per UTF-16 unit. */
const UTF8_MAX = 3;

/** Encodes one value at a time. When the room is too small, `write` says how much is needed and keeps
 *  the value, for `writeTo` of a larger one. */
export class Encoder {
  /** Of the value written last. */
  kind = 0;
  /** Bytes that the value needs, after `write` returned -1. */
  needed = 0;
  #kept: string | Uint8Array = '';

  /**
   * Returns the length, or -1 when the room is too small.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT when the codec cannot take the value; whatever the
   *         serialiser throws.
   */
  write(value: unknown, codec: Codec, room: Buffer): number {
    if (value instanceof Uint8Array && (codec === 'auto' || codec === 'bytes')) {
      return this.#bytes(value, KIND.BYTES, room);
    }
    if (typeof value === 'string' && (codec === 'auto' || codec === 'string')) {
      return this.#text(value, KIND.STRING, room);
    }
    if (codec === 'auto' && typeof value === 'number') {
      room.writeDoubleLE(value, 0);
      this.kind = KIND.NUMBER;
      return NUMBER_BYTES;
    }
    if (codec === 'json') return this.#text(toJson(value), KIND.JSON, room);
    if (codec === 'bytes' || codec === 'string') {
      throw invalid(`the codec '${codec}' does not take the value`, 'value', value, { codec });
    }
    return this.#bytes(serialize(value), KIND.STRUCTURED, room);
  }

  /** The value that did not fit, into a room of `needed` bytes. Returns the length. */
  writeKept(room: Buffer): number {
    const kept = this.#kept;
    this.#kept = '';
    if (typeof kept === 'string') return room.write(kept, 0, 'utf8');
    room.set(kept);
    return kept.length;
  }

  #bytes(bytes: Uint8Array, kind: number, room: Buffer): number {
    this.kind = kind;
    if (bytes.length > room.length) return this.#keep(bytes, bytes.length);
    room.set(bytes);
    return bytes.length;
  }

  #text(text: string, kind: number, room: Buffer): number {
    this.kind = kind;
    if (text.length * UTF8_MAX > room.length) {
      const needed = Buffer.byteLength(text, 'utf8');
      if (needed > room.length) return this.#keep(text, needed);
    }
    return room.write(text, 0, 'utf8');
  }

  #keep(value: string | Uint8Array, needed: number): -1 {
    this.#kept = value;
    this.needed = needed;
    return -1;
  }
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw invalid("the codec 'json' does not take the value", 'value', value);
  return text;
}

/** The value in `content`. Bytes are `content` itself: shared memory. */
export function decode(kind: number, content: Buffer): unknown {
  switch (kind) {
    case KIND.BYTES:
      return content;
    case KIND.STRING:
      return content.toString('utf8');
    case KIND.NUMBER:
      return content.readDoubleLE(0);
    case KIND.JSON:
      return JSON.parse(content.toString('utf8'));
    default:
      // A copy, because typed arrays in the value would be views of what was read.
      return deserialize(Buffer.from(content));
  }
}

/** As `decode`, but bytes are a copy. */
export function decodeCopy(kind: number, content: Buffer): unknown {
  return kind === KIND.BYTES ? copyOf(content) : decode(kind, content);
}

/** A plain Uint8Array of its own memory. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

// A bundle is a list of items, each with its kind and length before it.
const BUNDLE_HEADER_BYTES = 8;

/** Several values as one value for `Encoder.writeKept`. */
export function bundle(values: readonly unknown[], codec: Codec): Buffer {
  const encoder = new Encoder();
  const small = Buffer.alloc(64);
  const parts = values.flatMap((value) => {
    const fits = encoder.write(value, codec, small);
    const part = Buffer.alloc(fits >= 0 ? fits : encoder.needed);
    if (fits >= 0) part.set(small.subarray(0, fits));
    else encoder.writeKept(part);
    const header = Buffer.alloc(BUNDLE_HEADER_BYTES);
    header.writeInt32LE(encoder.kind, 0);
    header.writeInt32LE(part.length, 4);
    return [header, part];
  });
  return Buffer.concat(parts);
}

/** The values of a bundle, each with memory of its own. */
export function readBundle(content: Buffer): unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < content.length;) {
    const kind = content.readInt32LE(at);
    const length = content.readInt32LE(at + 4);
    at += BUNDLE_HEADER_BYTES;
    values.push(decodeCopy(kind, content.subarray(at, at + length)));
    at += length;
  }
  return values;
}
