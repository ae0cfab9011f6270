/** Cuts a log into blocks of whole lines. */

export const LINE_BYTES_MAX = 1024 * 1024;
const NEWLINE = 10;
const NUL = 0;
/** What is shown of a line that is too long: its beginning, and a byte that no good line ends in. */
const BEGINNING_BYTES = 80;

export interface LineBlock {
  /** Memory of its own. */
  readonly bytes: Uint8Array;
  readonly lines: number;
  /** It stands for one line that is too long, and cannot be read. */
  readonly isTooLong?: boolean;
}

/** @param pieces of any size. */
export async function* lineBlocks(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<LineBlock, void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  let inLongLine = false;
  for await (const piece of pieces) {
    const from = inLongLine ? piece.indexOf(NEWLINE) + 1 : 0;
    if (inLongLine && from === 0) continue;
    inLongLine = false;
    const filled = joined(rest, piece.subarray(from));
    const end = filled.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const bytes = filled.subarray(0, end);
      yield { bytes, lines: countLines(bytes) };
    }
    rest = withoutHole(filled.subarray(end));
    if (rest.length > LINE_BYTES_MAX) {
      yield tooLong(rest);
      rest = new Uint8Array(0);
      inLongLine = true;
    }
  }
  // The last line may lack its end.
  if (rest.length > 0) yield { bytes: rest, lines: 1 };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Of a line: a hole in front of it may be larger than any memory. */
function withoutHole(line: Uint8Array): Uint8Array {
  let from = 0;
  while (line[from] === NUL) from++;
  return line.subarray(from);
}

function tooLong(line: Uint8Array): LineBlock {
  const bytes = joined(line.subarray(0, BEGINNING_BYTES), Uint8Array.of(NUL));
  return { bytes, lines: 1, isTooLong: true };
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
