/** One call of the parallel function, and what becomes of its return value. */
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
 * Runs the job and leaves its result in the buffer.
 * @throws what the function throws, or an Error that says what is wrong with its return value.
 */
export function runJob(parallel: ParallelFunction, job: JobView, buffer: JobBuffer): void {
  const { length } = job;
  const result: unknown = parallel(job);
  if (typeof result === 'number') {
    buffer.finish(checkedLength(result, buffer.room.length));
  } else if (result === undefined) {
    buffer.finish(length);
  } else if (ArrayBuffer.isView(result)) {
    const bytes = asBytes(result);
    checkedLength(bytes.length, buffer.room.length);
    // From here to the end nothing can interrupt the thread: either the input is whole or the
    // outcome is known.
    buffer.room.set(bytes);
    buffer.finish(bytes.length);
  } else {
    throw unusable(result);
  }
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
  const isPromise = typeof (result as { then?: unknown } | null)?.then === 'function';
  // Nobody will wait for it: what it rejects with must not end the thread.
  if (isPromise) void Promise.resolve(result).catch(() => {});
  const what = isPromise
    ? 'a promise, but it has to be synchronous'
    : `a value of type ${typeof result}`;
  return new TypeError(
    `the parallel function returned ${what}: it returns bytes, a length or nothing`,
  );
}
