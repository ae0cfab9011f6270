/** Where jobs come from: every kind of source, brought to one form. */
import { types } from 'node:util';
import { invalid } from '../crew/checks.js';
import { messageOf } from '../crew/message-of.js';
import { Source } from '../crew/source.js';
import { lengthOf } from '../crew/bytes.js';

/** Returned by a fill function: there are no more jobs. */
export const END = -1;

/**
 * Writes the input of job `number` straight into the job's shared buffer. Returns its length, or -1
 * when there are no more jobs; or a promise of that, during which the buffer is the function's.
 */
export type FillFunction = (buffer: Uint8Array, number: number) => number | Promise<number>;

/** Jobs for `run`: byte arrays, which are copied, or a function that writes them in place. */
export type JobSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array> | FillFunction;

export interface Feed {
  /** What it holds was accepted already: a pool that is stopped runs it to its end. */
  readonly accepted?: boolean;
  readonly fill: FillFunction;
  /** No more jobs are wanted. Lets an iterator clean up; does not wait for a stuck one. Does not throw. */
  cancel(): void;
}

const NOTHING = (): void => {};

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT when it is none of the kinds. */
export function feedFrom(source: JobSource): Feed {
  if (typeof source === 'function') return { fill: source, cancel: NOTHING };
  // A string or one byte array would iterate as well, over something that is no job.
  if (typeof source !== 'object' || ArrayBuffer.isView(source)) {
    throw invalid('source must be iterable or a function', 'source', source);
  }
  const jobs = new Source(source);
  const take = (buffer: Uint8Array, next: IteratorResult<unknown>): number => {
    const { done, value } = next;
    return done === true ? END : copyInto(buffer, value);
  };
  return {
    fill: jobs.isAsync
      ? async (buffer) => take(buffer, (await jobs.next()) as IteratorResult<unknown>)
      : (buffer) => take(buffer, jobs.next() as IteratorResult<unknown>),
    cancel: () => void jobs.close(),
  };
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT when it is no byte array or too long. */
export function copyInto(buffer: Uint8Array, job: unknown): number {
  const length = checkJob(job, buffer.length);
  buffer.set(job as Uint8Array);
  return length;
}

/** The length of a job. @throws DlbError ERR_DLB_INVALID_ARGUMENT when it is no byte array or too long. */
export function checkJob(job: unknown, bytes: number): number {
  if (!types.isUint8Array(job)) throw invalid('a job must be a Uint8Array', 'job', job);
  const length = lengthOfJob(job);
  if (length > bytes) throw invalid('a job is longer than its buffer', 'length', length, { bytes });
  return length;
}

function lengthOfJob(job: Uint8Array): number {
  try {
    return lengthOf(job);
  } catch (error) {
    throw invalid('the memory of a job is gone', 'job', job, { reason: messageOf(error) });
  }
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT when a fill function returned no length. */
export function checkFilled(length: unknown, buffer: Uint8Array): number {
  if (typeof length === 'number' && Number.isInteger(length)) {
    if (length >= END && length <= buffer.length) return length;
  }
  throw invalid('a fill function returns a length that fits the buffer, or -1', 'length', length, {
    bytes: buffer.length,
  });
}
