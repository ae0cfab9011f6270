/**
 * Values to bytes and back.
 *
 * A kind travels beside the bytes, so that the reader needs no agreement with the writer.
 */
import { constants } from 'node:buffer';
import { types } from 'node:util';
import { deserialize } from 'node:v8';
import { lengthOf } from '../crew/bytes.js';
import { CONTAINS, lookThrough } from '../crew/carry.js';
import type { Hindrance } from '../crew/carry.js';
import { invalid } from '../crew/checks.js';
import { findRefused } from '../crew/find-refused.js';
import { typeName } from '../crew/platform.js';
import type { DlbError } from '../eventdev/errors.js';
import type { Codec } from './contract.js';
import { toJson } from './json.js';
import { NotCloned, readSpecial, writePlain, writeSpecial } from './structured.js';
import type { SharedMemory } from './structured.js';

export const KIND = {
  // Items.
  BYTES: 0,
  STRING: 1,
  NUMBER: 2,
  JSON: 3,
  STRUCTURED: 4,
  /** As STRUCTURED, by the serialiser of `structured.ts`. */
  SPECIAL: 5,
  /** Text that UTF-8 would change, or cannot be read again from: UTF-16. */
  WIDE_STRING: 6,
  /** Bytes that were a Buffer. */
  BUFFER: 7,
  /** Several items, results of the last stage: `readBundle`. */
  BUNDLE: 8,
  // Ends, of which the reader learns no value.
  ENDED: 9,
  DROPPED: 10,
  CANCELLED: 11,
  /** An error; the item that it happened to is in the other room. */
  FAILED: 12,
  DEAD: 13,
} as const;

/** Most bytes of an item: a length is 31 bits. */
export const CONTENT_MAX = 2 ** 31 - 1;
const NUMBER_BYTES = 8;
/** Most bytes of UTF-8 per UTF-16 unit. */
const UTF8_MAX = 3;
/** Most bytes of UTF-8 that can be read: the decoder takes each for a character. */
const TEXT_MAX = constants.MAX_STRING_LENGTH;
const NOTHING_SHARED: SharedArrayBuffer[] = [];

/** Encodes one value at a time. When the room is too small, `write` says how much is needed and keeps
 *  the value, for `writeKept` into a larger one. */
export class Encoder {
  /** Of the value written last. */
  kind = 0;
  /** Bytes that the value needs, after `write` returned -1. */
  needed = 0;
  /** Memory that the value shares, if any: it needs a cell that carries it. */
  shared: SharedMemory = NOTHING_SHARED;
  #kept: string | Uint8Array = '';

  /**
   * Returns the length, or -1 when the room is too small.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT when the codec cannot take the value; whatever the
   *         serialiser throws.
   */
  write(value: unknown, codec: Codec, room: Buffer): number {
    this.shared = NOTHING_SHARED;
    return this.#write(value, codec, room);
  }

  /** As `write`, for several values as one. */
  writeBundle(values: readonly unknown[], codec: Codec, room: Buffer): number {
    const bytes = this.#bundle(values, codec);
    return this.#bytes(bytes, KIND.BUNDLE, room);
  }

  /** The value that did not fit, into a room of `needed` bytes. Returns the length. */
  writeKept(room: Buffer): number {
    const kept = this.#kept;
    this.#kept = '';
    if (typeof kept === 'string') return room.write(kept, 0, this.#encoding);
    room.set(kept);
    return this.needed;
  }

  get #encoding(): BufferEncoding {
    return this.kind === KIND.WIDE_STRING ? 'utf16le' : 'utf8';
  }

  #write(value: unknown, codec: Codec, room: Buffer): number {
    if ((codec === 'auto' || codec === 'bytes') && types.isUint8Array(value)) {
      if (!(value.length > 0)) lookThrough(value, refusal(value, codec));
      return this.#bytes(value, Buffer.isBuffer(value) ? KIND.BUFFER : KIND.BYTES, room);
    }
    if (typeof value === 'string' && (codec === 'auto' || codec === 'string')) {
      return this.#text(value, KIND.STRING, room);
    }
    if (codec === 'auto' && typeof value === 'number') {
      room.writeDoubleLE(value, 0);
      this.kind = KIND.NUMBER;
      return NUMBER_BYTES;
    }
    if (codec === 'json') {
      return this.#text(toJson(value, refusal(value, codec)), KIND.JSON, room);
    }
    if (codec === 'bytes' || codec === 'string') {
      return refusal(value, codec)({ path: 'value', type: typeName(value) });
    }
    return this.#structured(value, codec, room);
  }

  #structured(value: unknown, codec: Codec, room: Buffer): number {
    const refuse = refusal(value, codec);
    const contains = lookThrough(value, refuse);
    const shared = [...this.shared];
    try {
      if (contains === CONTAINS.NOTHING) {
        return this.#bytes(writePlain(value), KIND.STRUCTURED, room);
      }
      const bytes = writeSpecial(value, contains, shared);
      this.shared = shared;
      return this.#bytes(bytes, KIND.SPECIAL, room);
    } catch (error) {
      // Others are errors of getters.
      if (!(error instanceof NotCloned)) throw error;
      return refuse(findRefused(value, (part) => isRefused(part, contains)));
    }
  }

  #bytes(bytes: Uint8Array, kind: number, room: Buffer): number {
    this.kind = kind;
    const length = lengthOf(bytes);
    if (length > room.length || this.shared.length > 0) return this.#keep(bytes, length);
    room.set(bytes);
    return length;
  }

  #text(text: string, kind: number, room: Buffer): number {
    this.kind = kind;
    if (text.length * UTF8_MAX > room.length) {
      const needed = Buffer.byteLength(text, 'utf8');
      if (isChanged(text, needed, kind)) return this.#wide(text, room);
      if (needed > TEXT_MAX) throw tooLarge(text, needed, TEXT_MAX);
      if (needed > room.length) return this.#keep(text, needed);
    }
    const length = room.write(text, 0, 'utf8');
    return isChanged(text, length, kind) ? this.#wide(text, room) : length;
  }

  #wide(text: string, room: Buffer): number {
    this.kind = KIND.WIDE_STRING;
    const needed = text.length * 2;
    return needed > room.length ? this.#keep(text, needed) : room.write(text, 0, 'utf16le');
  }

  #keep(value: string | Uint8Array, needed: number): -1 {
    if (needed > CONTENT_MAX) throw tooLarge(value, needed, CONTENT_MAX);
    this.#kept = value;
    this.needed = needed;
    return -1;
  }

  #bundle(values: readonly unknown[], codec: Codec): Buffer {
    this.shared = NOTHING_SHARED;
    const small = Buffer.alloc(64);
    const parts = values.flatMap((value) => {
      const fits = this.#write(value, codec, small);
      const part = Buffer.alloc(fits >= 0 ? fits : this.needed);
      if (fits >= 0) part.set(small.subarray(0, fits));
      else this.writeKept(part);
      const header = Buffer.alloc(BUNDLE_HEADER_BYTES);
      header.writeInt32LE(this.kind, 0);
      header.writeInt32LE(part.length, 4);
      return [header, part];
    });
    return Buffer.concat(parts);
  }
}

/** Whether UTF-8 of this length is not the text: halves of surrogate pairs become something else. */
function isChanged(text: string, length: number, kind: number): boolean {
  if (length === text.length || kind !== KIND.STRING) return false;
  return length > TEXT_MAX || !text.isWellFormed();
}

/** Whether the serialiser refuses it. */
function isRefused(part: unknown, contains: number): boolean {
  try {
    writeSpecial(part, contains, []);
    return false;
  } catch (error) {
    return error instanceof NotCloned;
  }
}

function refusal(value: unknown, codec: Codec): (hindrance: Hindrance) => never {
  return ({ path, type }) => {
    const what = `the codec '${codec}' does not take the value`;
    throw invalid(what, 'value', value, { codec, path, type });
  };
}

function tooLarge(value: unknown, bytes: number, max: number): DlbError {
  const shown = typeof value === 'string' ? '[string]' : value;
  return invalid('the value is too large for one item', 'value', shown, { bytes, max });
}

/**
 * The value in `content`. Bytes are `content` itself: shared memory.
 * @param shared of the cell that the content is in.
 * @throws what the deserialiser throws.
 */
export function decode(kind: number, content: Buffer, shared: SharedMemory): unknown {
  switch (kind) {
    case KIND.BYTES:
    case KIND.BUFFER:
      return content;
    case KIND.STRING:
      return content.toString('utf8');
    case KIND.WIDE_STRING:
      return content.toString('utf16le');
    case KIND.NUMBER:
      return content.readDoubleLE(0);
    case KIND.JSON:
      return JSON.parse(content.toString('utf8'));
    case KIND.STRUCTURED:
      return deserialize(Buffer.from(content));
    default:
      return readSpecial(Buffer.from(content), shared);
  }
}

/** As `decode`, but bytes are a copy. */
export function decodeCopy(kind: number, content: Buffer, shared: SharedMemory): unknown {
  if (kind === KIND.BYTES) return new Uint8Array(content);
  return kind === KIND.BUFFER ? bufferCopy(content) : decode(kind, content, shared);
}

/** With memory of its own. */
export function bufferCopy(bytes: Uint8Array): Buffer {
  return Buffer.from(new Uint8Array(bytes).buffer);
}

// A bundle is a list of items, each with its kind and length before it.
const BUNDLE_HEADER_BYTES = 8;

/** The values of a bundle, each with memory of its own. */
export function readBundle(content: Buffer, shared: SharedMemory): unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < content.length;) {
    const kind = content.readInt32LE(at);
    const length = content.readInt32LE(at + 4);
    at += BUNDLE_HEADER_BYTES;
    values.push(decodeCopy(kind, content.subarray(at, at + length), shared));
    at += length;
  }
  return values;
}
