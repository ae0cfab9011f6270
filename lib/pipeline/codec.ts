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
import { copyPlain, decodePlain, encodePlain, NOT_PLAIN, sizeOfPlain } from './plain.js';
import { NotCloned, readSpecial, writePlain, writeSpecial } from './structured.js';
import type { SharedMemory } from './structured.js';

export const KIND = {
  // Items.
  BYTES: 0,
  STRING: 1,
  JSON: 3,
  STRUCTURED: 4,
  /** As STRUCTURED, by the serialiser of `structured.ts`. */
  SPECIAL: 5,
  /** Text that UTF-8 would change, or cannot be read again from: UTF-16. */
  WIDE_STRING: 6,
  /** Bytes that were a Buffer. */
  BUFFER: 7,
  /** In the pack's array of plain values. */
  PLAIN: 8,
  /** A plain value by itself. */
  PACKED: 9,
  /** Several items, results of the last stage: `readBundle`. */
  BUNDLE: 10,
  // Ends, of which the reader learns no value.
  ENDED: 11,
  DROPPED: 12,
  CANCELLED: 13,
  /** An error, with the item that it happened to. */
  FAILED: 14,
  DEAD: 15,
} as const;

/** Most bytes of an item: a length is 31 bits. */
export const CONTENT_MAX = 2 ** 31 - 1;
/** Most bytes of UTF-8 per UTF-16 unit. */
const UTF8_MAX = 3;
/** Most bytes of UTF-8 that can be read: the decoder takes each for a character. */
const TEXT_MAX = constants.MAX_STRING_LENGTH;
const NOTHING_SHARED: SharedArrayBuffer[] = [];

/** Strings of more characters are written by themselves: that is faster than in the array of plain values. */
const PLAIN_TEXT_MAX = 64;
/** Memory of a stage that is kept for the next pack. */
const STAGE_KEPT = 1 << 16;
const STAGE_BYTES = 1024;
/** Content of items begins at multiples of this, so that views of any kind fit. */
const ALIGNMENT = 8;

/** What is written of a pack's items before it is known where the pack will be. */
export class Stage {
  buffer = Buffer.allocUnsafeSlow(STAGE_BYTES);
  /** Bytes in use. */
  length = 0;

  /** Where the next content begins; there are so many bytes for it. */
  reserve(bytes: number): number {
    const at = (this.length + ALIGNMENT - 1) & -ALIGNMENT;
    if (at + bytes > this.buffer.length) this.#grow(at + bytes);
    return at;
  }

  clear(): void {
    this.length = 0;
    if (this.buffer.length > STAGE_KEPT) this.buffer = Buffer.allocUnsafeSlow(STAGE_BYTES);
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** A value that is its JSON so far: it is parsed by whoever is given it. The same object may stand for one after another. */
export class JsonText {
  #bytes: Uint8Array = Buffer.alloc(0);

  of(bytes: Uint8Array): this {
    this.#bytes = bytes;
    return this;
  }

  /** The text, if the value is one. Asks nothing of the value that could be a user's code. */
  static bytesOf(value: unknown): Uint8Array | undefined {
    return typeof value === 'object' && value !== null && #bytes in value
      ? value.#bytes
      : undefined;
  }
}

/** Encodes one value at a time. When it is larger than it may be, `write` says how much is needed and keeps
 *  the value, for `writeKept` into memory of its own. */
export class Encoder {
  /** Of the value written last. */
  kind = 0;
  /** Where its content is in the stage, and how long; of a plain value, nearly how long it will be. */
  offset = 0;
  length = 0;
  /** A copy of it, if it is plain. */
  plain: unknown;
  /** Bytes that the value needs, after `write` returned false. */
  needed = 0;
  /** Memory that the value shares, if any: it needs a cell that carries it. */
  shared: SharedMemory = NOTHING_SHARED;
  #kept: string | Uint8Array = '';
  #stage!: Stage;
  #max = 0;

  /**
   * Writes a value of at most `max` bytes; false if it is larger, or shares memory.
   * @param alone by itself, and not in an array of plain values.
   * @throws DlbError ERR_DLB_INVALID_ARGUMENT when the codec cannot take the value; whatever the
   *         serialiser throws.
   */
  write(value: unknown, codec: Codec, stage: Stage, max: number, alone = false): boolean {
    this.shared = NOTHING_SHARED;
    this.#stage = stage;
    this.#max = max;
    return this.#write(value, codec, alone);
  }

  /** Writes bytes as they are, of this kind, which share this memory. As `write`. */
  writeBytes(
    bytes: Uint8Array,
    kind: number,
    stage: Stage,
    max: number,
    shared: SharedMemory,
  ): boolean {
    this.shared = shared;
    this.#stage = stage;
    this.#max = max;
    return this.#bytes(bytes, kind);
  }

  /** As `write`, for several values as one. */
  writeBundle(values: readonly unknown[], codec: Codec, stage: Stage, max: number): boolean {
    const own = new Stage();
    let shared = NOTHING_SHARED;
    let length = 0;
    for (const value of values) {
      const header = length;
      own.length = header + BUNDLE_HEADER_BYTES;
      this.shared = shared;
      this.#stage = own;
      this.#max = CONTENT_MAX;
      const fits = this.#write(value, codec, true);
      shared = [...this.shared];
      if (!fits) this.#writeKept(own);
      own.buffer.writeInt32LE(this.kind, header);
      own.buffer.writeInt32LE(this.length, header + 4);
      length = own.reserve(0);
      own.length = length;
    }
    this.shared = shared;
    this.#stage = stage;
    this.#max = max;
    return this.#bytes(own.buffer.subarray(0, length), KIND.BUNDLE);
  }

  /** The value that did not fit, into a room of `needed` bytes. */
  writeKept(room: Buffer): void {
    const kept = this.#kept;
    this.#kept = '';
    if (typeof kept === 'string') room.write(kept, 0, this.#encoding);
    else room.set(kept);
  }

  get #encoding(): BufferEncoding {
    return this.kind === KIND.WIDE_STRING ? 'utf16le' : 'utf8';
  }

  #write(value: unknown, codec: Codec, alone: boolean): boolean {
    const takesBytes = codec === 'auto' || codec === 'bytes';
    if (takesBytes && ArrayBuffer.isView(value) && types.isUint8Array(value)) {
      if (!(value.length > 0)) lookThrough(value, refusal(value, codec));
      return this.#bytes(value, Buffer.isBuffer(value) ? KIND.BUFFER : KIND.BYTES);
    }
    if (codec === 'auto' || (codec === 'string' && typeof value === 'string')) {
      return this.#auto(value, codec, alone);
    }
    const json = JsonText.bytesOf(value);
    if (json !== undefined) return this.#bytes(json, KIND.JSON);
    if (codec === 'json') {
      return this.#text(toJson(value, refusal(value, codec)), KIND.JSON);
    }
    if (codec === 'bytes' || codec === 'string') {
      return refusal(value, codec)({ path: 'value', type: typeName(value) });
    }
    return this.#structured(value, codec);
  }

  #auto(value: unknown, codec: Codec, alone: boolean): boolean {
    if (typeof value === 'string' && value.length > PLAIN_TEXT_MAX) {
      return this.#text(value, KIND.STRING);
    }
    const plain = copyPlain(value);
    if (plain === NOT_PLAIN) {
      if (typeof value === 'string') return this.#wide(value);
      const json = JsonText.bytesOf(value);
      return json === undefined ? this.#structured(value, codec) : this.#bytes(json, KIND.JSON);
    }
    this.length = sizeOfPlain();
    if (alone || this.length * UTF8_MAX > this.#max) {
      return this.#bytes(encodePlain([plain]), KIND.PACKED);
    }
    this.kind = KIND.PLAIN;
    this.plain = plain;
    return true;
  }

  #structured(value: unknown, codec: Codec): boolean {
    const refuse = refusal(value, codec);
    const contains = lookThrough(value, refuse);
    const shared = [...this.shared];
    try {
      if (contains === CONTAINS.NOTHING) {
        return this.#bytes(writePlain(value), KIND.STRUCTURED);
      }
      const bytes = writeSpecial(value, contains, shared);
      this.shared = shared;
      return this.#bytes(bytes, KIND.SPECIAL);
    } catch (error) {
      // Others are errors of getters.
      if (!(error instanceof NotCloned)) throw error;
      return refuse(findRefused(value, (part) => isRefused(part, contains)));
    }
  }

  #bytes(bytes: Uint8Array, kind: number): boolean {
    this.kind = kind;
    const length = lengthOf(bytes);
    if (length > this.#max || this.shared.length > 0) return this.#keep(bytes, length);
    const at = this.#stage.reserve(length);
    this.#stage.buffer.set(bytes, at);
    return this.#placed(at, length);
  }

  #text(text: string, kind: number): boolean {
    this.kind = kind;
    const most = text.length * UTF8_MAX;
    if (most > this.#max) {
      const needed = Buffer.byteLength(text, 'utf8');
      if (isChanged(text, needed, kind)) return this.#wide(text);
      if (needed > TEXT_MAX) throw tooLarge(text, needed, TEXT_MAX);
      if (needed > this.#max) return this.#keep(text, needed);
    }
    const at = this.#stage.reserve(most);
    const length = this.#stage.buffer.write(text, at, 'utf8');
    return isChanged(text, length, kind) ? this.#wide(text) : this.#placed(at, length);
  }

  #wide(text: string): boolean {
    this.kind = KIND.WIDE_STRING;
    const needed = text.length * 2;
    if (needed > this.#max) return this.#keep(text, needed);
    const at = this.#stage.reserve(needed);
    return this.#placed(at, this.#stage.buffer.write(text, at, 'utf16le'));
  }

  #placed(at: number, length: number): true {
    this.offset = at;
    this.length = length;
    this.#stage.length = at + length;
    return true;
  }

  #keep(value: string | Uint8Array, needed: number): false {
    if (needed > CONTENT_MAX) throw tooLarge(value, needed, CONTENT_MAX);
    this.#kept = value;
    this.needed = needed;
    return false;
  }

  /** What was kept because it shares memory, or is larger than a stage is at first. */
  #writeKept(stage: Stage): void {
    const at = stage.reserve(this.needed);
    this.writeKept(stage.buffer.subarray(at, at + this.needed));
    this.#stage = stage;
    this.#placed(at, this.needed);
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
    case KIND.PACKED:
      return decodePlain(Buffer.from(content))[0];
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
    at += (length + ALIGNMENT - 1) & -ALIGNMENT;
  }
  return values;
}
