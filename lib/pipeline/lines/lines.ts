/** Streams of text as items: a line each, or a JSON text each. */
import { checkOptions, flag, invalid } from '../../crew/checks.js';
import { messageOf } from '../../crew/message-of.js';
import type { BatchedSource, RawItem } from './batches.js';
import { ByteCursor, TextCursor } from './cursor.js';
import { CutSource } from './cut-source.js';
import type { Making } from './cut-source.js';

/** Where lines come from: a Node stream, a Web stream, or anything else that can be iterated. Its chunks are all bytes or
 *  all strings; lines need not end where chunks do. */
export type ChunkSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

export interface LinesOptions<B extends boolean = boolean> {
  /** Whether lines are bytes; default: strings. Bytes are views of the source's chunks, or of memory of their own where a line
   *  lies in several: a source that uses the memory of a chunk again when it is asked for the next must give copies, unless
   *  each line is done with by then. */
  readonly bytes?: B | undefined;
}

const OPTIONS = new Set(['bytes']);
const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;

/**
 * The lines of a source. They end in LF or CRLF, which is no part of them; the last one may lack its end, and behind the
 * last end there is no other line. A byte order mark at the beginning is dropped. Text is UTF-8, and what is not becomes
 * U+FFFD.
 *
 * What is returned is iterated once, in a loop or by `pipeline.run`. Leaving it early destroys or cancels the stream.
 *
 * @throws DlbError ERR_DLB_INVALID_ARGUMENT for a source that is not iterable, or is a chunk itself. Iterating it throws
 *         what the source throws, and ERR_DLB_INVALID_ARGUMENT for a chunk that is neither bytes nor a string, or is
 *         not what those before it are.
 */
export function lines<B extends boolean = false>(
  source: ChunkSource,
  options: LinesOptions<B> = {},
): BatchedSource<B extends true ? Uint8Array : string> {
  checkOptions(options, OPTIONS);
  const isBytes = flag('bytes', options.bytes ?? false);
  return new CutSource(checked(source), isBytes ? BYTES : STRINGS);
}

/**
 * The values of a source's lines, each of which is a JSON text (NDJSON, JSON Lines). Lines are what they are for `lines`;
 * those of nothing but spaces and tabs are left out.
 *
 * @throws as `lines`. Iterating it throws ERR_DLB_INVALID_ARGUMENT for a line that is no JSON text, with its number.
 */
export function records<T = unknown>(source: ChunkSource): BatchedSource<T> {
  return new CutSource(checked(source), RECORDS);
}

const STRINGS: Making<never> = {
  form: 'string',
  open: (block) => new TextCursor(block),
  itemOf: (line) => line as never,
  rawItems: (block) => all(new TextCursor(block)),
};

const BYTES: Making<never> = {
  form: 'bytes',
  open: (block) => new ByteCursor(block),
  itemOf: (line) => line as never,
  rawItems: (block) => all(new ByteCursor(block)),
};

const RECORDS: Making<never> = {
  form: 'json',
  open: (block) => new TextCursor(block),
  itemOf: (line, number) => parse(line as string, number) as never,
  rawItems: (block) => all(new ByteCursor(block)).filter((line) => !isBlank(line)),
};

function all<L extends RawItem>(cursor: { next(): L | undefined }): L[] {
  const items: L[] = [];
  let line: L | undefined;
  while ((line = cursor.next()) !== undefined) items.push(line);
  return items;
}

/** Of nothing but what is white space in JSON. */
function isBlank(line: Uint8Array): boolean {
  let at = 0;
  while (line[at] === SPACE || line[at] === TAB || line[at] === CR) at++;
  return at === line.length;
}

/** Undefined for a blank line. */
function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    if (/^[ \t\r]*$/.test(line)) return undefined;
    const error = invalid('a line is no JSON text', 'line', number, { reason: messageOf(cause) });
    error.cause = cause;
    throw error;
  }
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT for one chunk: its items would be characters, or numbers. */
function checked(source: ChunkSource): ChunkSource {
  if (typeof source !== 'string' && !ArrayBuffer.isView(source)) return source;
  const what = 'source must be a stream or a list of chunks, not a chunk or the name of a file';
  throw invalid(what, 'source', source);
}
