/** Cuts a log into blocks of whole lines. */
import { Failure } from '../command/failure.js';
import type { Input } from '../command/input.js';

/** A few hundred lines: as many as make the way to another thread cheap beside the work. */
const BLOCK_BYTES = 64 * 1024;
const LINE_BYTES_MAX = 1024 * 1024;
const NEWLINE = 10;

export interface LineBlock {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

/** @throws Failure for a line that no log has. */
export async function* lineBlocks(input: Input): AsyncGenerator<LineBlock, void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  let size = BLOCK_BYTES;
  for (;;) {
    const buffer = new Uint8Array(size);
    buffer.set(rest);
    const read = await input.read(buffer.subarray(rest.length));
    const filled = buffer.subarray(0, rest.length + read);
    const end = filled.lastIndexOf(NEWLINE) + 1;
    if (read === 0) {
      // The last line may lack its end.
      if (filled.length > 0) yield { bytes: filled, lines: 1 };
      return;
    }
    if (end > 0)
      yield { bytes: filled.subarray(0, end), lines: countLines(filled.subarray(0, end)) };
    rest = filled.subarray(end);
    if (rest.length > LINE_BYTES_MAX) {
      throw new Failure(`a line is longer than ${LINE_BYTES_MAX} bytes`);
    }
    size = Math.max(BLOCK_BYTES, 2 * rest.length);
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
