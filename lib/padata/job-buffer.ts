/**
 * A job's place in shared memory: a short header that belongs to the pool, then the job's room.
 *
 *   word 0   NUMBER_LOW, NUMBER_HIGH  written by the submitting thread, before the job is enqueued
 *   word 2   OUTCOME                  PENDING by the submitting thread, then by the worker
 *   word 3   STARTS                   0 by the submitting thread, counted up by each worker
 *   word 4   RESULT_LENGTH            written by the worker
 *   from 32  the room: the input, then the result or the message of the error
 *
 * Whoever holds the job's event owns the buffer; handing over the event hands over the bytes, so
 * all accesses here are plain. The header outlives a worker that dies: a job that is delivered again
 * but has its outcome is not run a second time, and one that has none counts the threads it ended.
 */
export const HEADER_BYTES = 32;
/** Room for the message of an error, however small the jobs are. */
export const MESSAGE_BYTES = 512;

export const OUTCOME = { PENDING: 0, DONE: 1, FAILED: 2 } as const;

const NUMBER_LOW = 0;
const NUMBER_HIGH = 1;
const RESULT = 2;
const STARTS = 3;
const RESULT_LENGTH = 4;
const HEADER_WORDS = 5;
const WORD_RANGE = 2 ** 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes that one buffer of the domain needs for jobs of `bytes`. */
export function bufferBytes(bytes: number): number {
  return HEADER_BYTES + Math.max(bytes, MESSAGE_BYTES);
}

/** One thread's view of one buffer; made once and kept. */
export class JobBuffer {
  /** What the event's payload carries. */
  readonly handle: number;
  /** The job's room. */
  readonly room: Uint8Array;
  readonly #header: Int32Array;
  readonly #messageRoom: Uint8Array;
  #cut: Uint8Array;

  /** @param view the whole buffer, from the domain's pool. */
  constructor(handle: number, view: Uint8Array, bytes: number) {
    this.handle = handle;
    this.#header = new Int32Array(view.buffer, view.byteOffset, HEADER_WORDS);
    this.#messageRoom = view.subarray(HEADER_BYTES);
    this.room = this.#messageRoom.subarray(0, bytes);
    this.#cut = this.room;
  }

  /** The room cut to `length`. Jobs of one length share one view, so the common case makes none. */
  bytes(length: number): Uint8Array {
    if (this.#cut.length !== length) this.#cut = this.room.subarray(0, length);
    return this.#cut;
  }

  begin(number: number): void {
    this.#header[NUMBER_LOW] = number;
    this.#header[NUMBER_HIGH] = Math.floor(number / WORD_RANGE);
    this.#header[RESULT] = OUTCOME.PENDING;
    this.#header[STARTS] = 0;
  }

  get number(): number {
    return this.#header[NUMBER_HIGH]! * WORD_RANGE + (this.#header[NUMBER_LOW]! >>> 0);
  }

  get outcome(): number {
    return this.#header[RESULT]!;
  }

  /** How often a worker began the job. */
  get starts(): number {
    return this.#header[STARTS]!;
  }

  countStart(): void {
    this.#header[STARTS]!++;
  }

  /** Length of the result, or of the message. */
  get resultLength(): number {
    return this.#header[RESULT_LENGTH]!;
  }

  finish(length: number): void {
    this.#header[RESULT_LENGTH] = length;
    this.#header[RESULT] = OUTCOME.DONE;
  }

  fail(message: string): void {
    this.#header[RESULT_LENGTH] = encoder.encodeInto(message, this.#messageRoom).written;
    this.#header[RESULT] = OUTCOME.FAILED;
  }

  get message(): string {
    return decoder.decode(this.#messageRoom.subarray(0, this.resultLength));
  }
}
