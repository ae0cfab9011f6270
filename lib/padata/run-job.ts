/** One call of the parallel function, and what becomes of its return value. */
import { PIECES_MAX } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import type { Job, ParallelFunction } from './job.js';

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
 * Runs the job and leaves its result in the buffer; a promise if the function returned one.
 * @throws what the function throws, or an Error that says what is wrong with its return value.
 */
export function runJob(
  parallel: ParallelFunction,
  job: JobView,
  buffer: JobBuffer,
): Promise<void> | undefined {
  const { length } = job;
  const result: unknown = parallel(job);
  if (typeof result === 'number') {
    buffer.finish(checkedLength(result, buffer.room.length));
  } else if (isPromise(result)) {
    return Promise.resolve(result).then((value) => keep(value, length, buffer));
  } else {
    keep(result, length, buffer);
  }
  return undefined;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** What was returned becomes the result. Of bytes: from the copy to the end nothing can interrupt
 *  the thread, so either the input is whole or the outcome is known. */
function keep(result: unknown, length: number, buffer: JobBuffer): void {
  if (result === undefined) {
    buffer.finish(length);
  } else if (typeof result === 'number') {
    buffer.finish(checkedLength(result, buffer.room.length));
  } else if (ArrayBuffer.isView(result)) {
    const bytes = asBytes(result);
    checkedLength(bytes.length, buffer.room.length);
    buffer.room.set(bytes);
    buffer.finish(bytes.length);
  } else if (result === false) {
    buffer.finishNone();
  } else if (Array.isArray(result) && result.every((piece) => ArrayBuffer.isView(piece))) {
    keepPieces(result.map(asBytes), buffer);
  } else {
    throw unusable(result);
  }
}

function keepPieces(pieces: readonly Uint8Array[], buffer: JobBuffer): void {
  if (pieces.length > PIECES_MAX) {
    throw new RangeError(`too many pieces: length=${pieces.length}, max=${PIECES_MAX}`);
  }
  const lengths = pieces.map((piece) => piece.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  checkedLength(total, buffer.room.length);
  // Pieces may be views of this very room, which the first copy would overwrite.
  const whole = new Uint8Array(total);
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  buffer.room.set(whole);
  buffer.finishPieces(lengths);
}

function checkedLength(length: number, room: number): number {
  if (Number.isInteger(length) && length >= 0 && length <= room) return length;
  throw new RangeError(`the result does not fit the job's buffer: length=${length}, bytes=${room}`);
}

function asBytes(view: ArrayBufferView): Uint8Array {
  if (view instanceof Uint8Array) return view;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function unusable(result: unknown): TypeError {
  const what = `a value of type ${typeof result}`;
  return new TypeError(
    `the parallel function returned ${what}: it returns bytes, a length, pieces, false or nothing`,
  );
}
