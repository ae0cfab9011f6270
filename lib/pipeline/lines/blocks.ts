/**
 * Chunks of a stream, as they come, made into blocks of whole lines.
 *
 * Only ends of lines are looked for, so no character of UTF-8 is cut in two: LF is no part of one.
 */
import { types } from 'node:util';
import { invalid } from '../../crew/checks.js';
import { typeName } from '../../crew/platform.js';
import { ByteRest, TextRest } from './rest.js';
import type { Rest } from './rest.js';

export type Block = Buffer | string;

/** A chunk may be all of a large file: its lines are not all made at once. */
const BLOCK_MAX = 256 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';
const MARK_BYTES = Buffer.from(BYTE_ORDER_MARK);

export class Blocks {
  /** Up to `#at` it is taken. */
  #chunk: Block = '';
  #at = 0;
  /** Of the first chunk's kind. */
  #rest: Rest<Block> | undefined;
  #isFirst = true;

  /** All blocks of the chunk before have been taken.
   *  @throws DlbError ERR_DLB_INVALID_ARGUMENT for what is no chunk, or not of the kind of those before. */
  put(chunk: unknown): void {
    const next = checked(chunk);
    const isText = typeof next === 'string';
    this.#rest ??= (isText ? new TextRest() : new ByteRest()) as Rest<Block>;
    if (isText !== this.#rest instanceof TextRest) {
      throw refusal('chunks must be all strings or all bytes', chunk);
    }
    this.#chunk = next;
    this.#at = 0;
  }

  /** The next lines, the last one with its end. Undefined: another chunk is needed. */
  take(): Block | undefined {
    const [chunk, rest] = [this.#chunk, this.#rest];
    if (rest === undefined || this.#at === chunk.length) return undefined;
    const end = rest.isEmpty ? this.#endOfBlock() : chunk.indexOf('\n', this.#at) + 1;
    const part = slice(chunk, this.#at, end === 0 ? chunk.length : end);
    this.#at += part.length;
    if (end > 0 && rest.isEmpty) return this.#unmarked(part);
    rest.add(part);
    return end > 0 ? this.#unmarked(rest.take()) : undefined;
  }

  /** There are no more chunks: a last line that has no end, if there is one. */
  end(): Block | undefined {
    if (this.#rest === undefined || this.#rest.isEmpty) return undefined;
    const last = this.#unmarked(this.#rest.take());
    return last.length > 0 ? last : undefined;
  }

  /** Behind the last end of a line that is near enough, or else the next; 0 if there is none. */
  #endOfBlock(): number {
    const [chunk, at] = [this.#chunk, this.#at];
    const near = Math.min(at + BLOCK_MAX, chunk.length);
    // In front of `at` there is the end of a line: no byte is looked at more than twice.
    const end = chunk.lastIndexOf('\n', near - 1) + 1;
    return end > at ? end : chunk.indexOf('\n', near) + 1;
  }

  /** Without the byte order mark that a stream may begin with. */
  #unmarked(block: Block): Block {
    if (!this.#isFirst) return block;
    this.#isFirst = false;
    if (typeof block === 'string')
      return block.startsWith(BYTE_ORDER_MARK) ? block.slice(1) : block;
    const size = MARK_BYTES.length;
    return MARK_BYTES.equals(block.subarray(0, size)) ? block.subarray(size) : block;
  }
}

function checked(chunk: unknown): Block {
  if (typeof chunk === 'string') return chunk;
  if (types.isUint8Array(chunk)) return bufferOf(chunk);
  throw refusal('a chunk must be a Uint8Array or a string', chunk);
}

/** Another view of the same memory. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function slice(block: Block, from: number, to: number): Block {
  return typeof block === 'string' ? block.slice(from, to) : block.subarray(from, to);
}

function refusal(what: string, chunk: unknown): Error {
  return invalid(what, 'chunk', chunk, { type: typeName(chunk) });
}
