/** One call of the parallel function, and what becomes of its return value. */
import { awaitable } from '../crew/awaitable.js';
import { typeName } from '../crew/platform.js';
import { asBytes, lengthOf } from '../crew/bytes.js';
import { PIECES_MAX } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import type { Job } from './job.js';

/** The reusable object behind `Job`. */
export class JobView implements Job {
  number = 0;
  length = 0;
  attempt = 0;
  #buffer!: JobBuffer;

  show(buffer: JobBuffer, attempt: number): void {
    this.#buffer = buffer;
    this.number = buffer.number;
    this.length = buffer.length;
    this.attempt = attempt;
  }

  get buffer(): Uint8Array {
    return this.#buffer.room;
  }

  get data(): Uint8Array {
    return this.#buffer.bytes(this.length);
  }
}

/**
 * Runs the job and leaves its result in the buffer; a promise if there is something to wait for.
 * @throws what the function throws, or an Error that says what is wrong with its return value.
 */
export function runJob(call: () => unknown, buffer: JobBuffer): Promise<void> | undefined {
  const { length } = buffer;
  const result = call();
  const later = awaitable(result);
  if (later !== undefined) return keepLater(later, length, buffer);
  keep(result, length, buffer);
  return undefined;
}

async function keepLater(
  later: PromiseLike<unknown>,
  length: number,
  buffer: JobBuffer,
): Promise<void> {
  keep(await later, length, buffer);
}

/** What was returned becomes the result. Of bytes: from the copy to the end nothing can interrupt
 *  the thread, so either the input is whole or the outcome is known. */
function keep(result: unknown, length: number, buffer: JobBuffer): void {
  if (typeof result === 'number') {
    buffer.finish(checkedLength(result, buffer.room.length));
  } else if (ArrayBuffer.isView(result)) {
    const bytes = asBytes(result);
    const size = checkedLength(lengthOf(bytes), buffer.room.length);
    buffer.room.set(bytes);
    buffer.finish(size);
  } else if (result === undefined) {
    buffer.finish(length);
  } else if (result === false) {
    buffer.finishNone();
  } else if (Array.isArray(result)) {
    keepPieces(piecesOf(result), buffer);
  } else {
    throw unusable(result);
  }
}

/** Each is read once: what a getter says may change. */
function piecesOf(result: readonly unknown[]): Uint8Array[] {
  const { length } = result;
  if (!(length >= 0 && length <= PIECES_MAX)) {
    throw new RangeError(`too many pieces: length=${length}, max=${PIECES_MAX}`);
  }
  return Array.from({ length }, (_, i) => {
    const { [i]: piece } = result;
    if (ArrayBuffer.isView(piece)) return asBytes(piece);
    throw unusable(piece);
  });
}

function keepPieces(pieces: readonly Uint8Array[], buffer: JobBuffer): void {
  const lengths = pieces.map(lengthOf);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  checkedLength(total, buffer.room.length);
  // Pieces may be views of this very room, which the first copy would overwrite.
  const whole = new Uint8Array(total);
  let end = 0;
  for (const [i, piece] of pieces.entries()) {
    whole.set(piece, end);
    end += lengths[i]!;
  }
  buffer.room.set(whole);
  buffer.finishPieces(lengths);
}

function checkedLength(length: number, room: number): number {
  if (Number.isInteger(length) && length >= 0 && length <= room) return length;
  throw new RangeError(`the result does not fit the job's buffer: length=${length}, bytes=${room}`);
}

function unusable(result: unknown): TypeError {
  const what = `a value of type ${typeName(result)}`;
  return new TypeError(
    `the parallel function returned ${what}: it returns bytes, a length, pieces, false or nothing`,
  );
}
