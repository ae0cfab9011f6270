/**
 * A job's place in shared memory: a short header that belongs to the pool, then the job's room.
 *
 *   word  field                  written by
 *   0, 1  NUMBER                 the submitting thread, before the job is enqueued
 *   2     OUTCOME                PENDING by the submitting thread, then by the worker
 *   3     STARTS                 0 by the submitting thread, counted up by each worker
 *   4     LENGTH                 of the input: the submitting thread
 *   5     RESULT_LENGTH          the worker
 *   6     NEXT                   slot of the pack's next job: the submitting thread
 *   7     SPENT                  in a pack's first job: microseconds of work, by the worker
 *   8     HOLDER                 seat that has it in hand, plus 1: that worker; 0 by the submitting thread
 *                                when the worker has died
 *   9     CONDEMNED              1 when the job shall not start (again): the submitting thread
 *   10    SERVED                 1 when the module's serial function is through: the worker
 *   11    SERIAL_STARTS          as STARTS, of the serial function
 *   12    PIECES                 how many pieces the result has: the worker
 *   13,14 FAILURE                what was thrown, as failures.ts numbers it; 0 by the submitting thread
 *   16..  PIECE_LENGTHS          their lengths
 *   from 128 bytes on            the room: the input, then the result or the message of the error
 *
 * Whoever holds the job's event owns the buffer; handing over the event hands over the bytes, so
 * all accesses here are plain. The header outlives a worker that dies: a job that is delivered again
 * but has its outcome is not run a second time, and one that has none counts the threads it ended.
 */
export const HEADER_BYTES = 128;
/** Room for the message of an error, however small the jobs are. */
export const MESSAGE_BYTES = 512;

/** NONE: done, and there is no result. PIECES: the result is several. */
export const OUTCOME = { PENDING: 0, DONE: 1, FAILED: 2, NONE: 3, PIECES: 4 } as const;
/** A DLB's event becomes at most so many. */
export const PIECES_MAX = 16;

const NUMBER = 0;
const RESULT = 2;
const STARTS = 3;
const LENGTH = 4;
const RESULT_LENGTH = 5;
const NEXT = 6;
const SPENT = 7;
const HOLDER = 8;
const CONDEMNED = 9;
const SERVED = 10;
const SERIAL_STARTS = 11;
const PIECES = 12;
const FAILURE = 13;
const PIECE_LENGTHS = 16;
const HEADER_WORDS = HEADER_BYTES / 4;
const WORD_RANGE = 2 ** 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes that one buffer of the domain needs for jobs of `bytes`. */
export function bufferBytes(bytes: number): number {
  return HEADER_BYTES + Math.max(bytes, MESSAGE_BYTES);
}

/** One thread's view of one buffer; made once and kept. */
export class JobBuffer {
  /** Its number among the pool's buffers: what events and NEXT carry. */
  readonly slot: number;
  /** The job's room. */
  readonly room: Uint8Array;
  readonly #header: Int32Array;
  readonly #messageRoom: Uint8Array;
  #cut: Uint8Array;

  /** @param view the whole buffer, from the domain's pool. */
  constructor(slot: number, view: Uint8Array, bytes: number) {
    this.slot = slot;
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

  begin(number: number, length: number): void {
    const header = this.#header;
    this.#setWide(NUMBER, number);
    header[RESULT] = OUTCOME.PENDING;
    header[STARTS] = 0;
    header[LENGTH] = length;
    header[SPENT] = 0;
    header[HOLDER] = 0;
    header[CONDEMNED] = 0;
    header[SERVED] = 0;
    header[SERIAL_STARTS] = 0;
    this.#setWide(FAILURE, 0);
  }

  get number(): number {
    return this.#wide(NUMBER);
  }

  get outcome(): number {
    return this.#header[RESULT]!;
  }

  /** How often a worker began the job. */
  get starts(): number {
    return this.#header[STARTS]!;
  }

  countStart(seat: number): void {
    this.#header[STARTS]!++;
    this.#header[HOLDER] = seat + 1;
  }

  /** As `starts`, of the module's serial function. */
  get serialStarts(): number {
    return this.#header[SERIAL_STARTS]!;
  }

  countSerialStart(seat: number): void {
    this.#header[SERIAL_STARTS]!++;
    this.#header[HOLDER] = seat + 1;
  }

  /** The module's serial function is through with it. */
  get served(): boolean {
    return this.#header[SERVED] === 1;
  }

  serve(): void {
    this.#header[HOLDER] = 0;
    this.#header[SERVED] = 1;
  }

  /** The seat that has it in hand; undefined when none has. */
  get holder(): number | undefined {
    const holder = this.#header[HOLDER]!;
    return holder === 0 ? undefined : holder - 1;
  }

  /** Its thread is gone. */
  drop(): void {
    this.#header[HOLDER] = 0;
  }

  get condemned(): boolean {
    return this.#header[CONDEMNED] === 1;
  }

  /** It fails instead of starting again. */
  condemn(): void {
    this.#header[CONDEMNED] = 1;
  }

  /** Length of the input. */
  get length(): number {
    return this.#header[LENGTH]!;
  }

  /** Slot of the pack's next job. */
  get next(): number {
    return this.#header[NEXT]!;
  }

  set next(slot: number) {
    this.#header[NEXT] = slot;
  }

  /** Work that the pack was which begins here, in microseconds. */
  get spent(): number {
    return this.#header[SPENT]!;
  }

  set spent(micros: number) {
    this.#header[SPENT] = micros;
  }

  /** Length of the result, or of the message. */
  get resultLength(): number {
    return this.#header[RESULT_LENGTH]!;
  }

  finish(length: number): void {
    this.#end(length, OUTCOME.DONE);
  }

  /** There is no result: nobody is called for this job. */
  finishNone(): void {
    this.#end(0, OUTCOME.NONE);
  }

  /** Pieces of these lengths stand one behind the other in the room. */
  finishPieces(lengths: readonly number[]): void {
    const header = this.#header;
    lengths.forEach((length, i) => (header[PIECE_LENGTHS + i] = length));
    header[PIECES] = lengths.length;
    const total = lengths.reduce((sum, length) => sum + length, 0);
    this.#end(total, OUTCOME.PIECES);
  }

  /** The pieces of the result, in order. */
  pieces(): Uint8Array[] {
    let end = 0;
    return Array.from({ length: this.#header[PIECES]! }, (_, i) => {
      const from = end;
      end += this.#header[PIECE_LENGTHS + i]!;
      return this.room.subarray(from, end);
    });
  }

  /** A part of a range instead of a job: from `start` up to, and without, `end`. */
  set span([start, end]: readonly [number, number]) {
    this.#spanView().set([start, end]);
  }

  get span(): readonly [number, number] {
    const [start, end] = this.#spanView();
    return [start!, end!];
  }

  #spanView(): Float64Array {
    const { buffer, byteOffset } = this.#messageRoom;
    return new Float64Array(buffer, byteOffset, 2);
  }

  /** @param failure of what was thrown; 0: nothing was. */
  fail(message: string, failure = 0): void {
    this.#setWide(FAILURE, failure);
    this.#end(encoder.encodeInto(message, this.#messageRoom).written, OUTCOME.FAILED);
  }

  /** Of two words. */
  #wide(at: number): number {
    return this.#header[at + 1]! * WORD_RANGE + (this.#header[at]! >>> 0);
  }

  #setWide(at: number, value: number): void {
    this.#header[at] = value;
    this.#header[at + 1] = value / WORD_RANGE;
  }

  #end(length: number, outcome: number): void {
    const header = this.#header;
    header[RESULT_LENGTH] = length;
    header[HOLDER] = 0;
    header[RESULT] = outcome;
  }

  /** The number of what was thrown; 0: nothing was. */
  get failure(): number {
    return this.#wide(FAILURE);
  }

  get message(): string {
    return decoder.decode(this.#messageRoom.subarray(0, this.resultLength));
  }
}
