/** Errors of handlers on their way from the worker to whoever is told. */
import { messageOf } from '../crew/message-of.js';
import { packThrown, unpackThrown } from '../crew/thrown.js';
import { DlbError } from '../eventdev/errors.js';
import type { Cell } from './cell.js';
import { copyOf, decode } from './codec.js';
import type { DeadLetter } from './contract.js';

/** What is written in the place of an item that failed for good. */
export interface Failure {
  readonly stage: string;
  readonly flow: number;
  readonly attempts: number;
  readonly crashes: number;
  /** What was thrown, packed; undefined when the item ended its threads. */
  readonly error: Uint8Array | undefined;
  /** Number of the last of those threads. */
  readonly thread: number;
  /** The item, as the stage got it. */
  readonly kind: number;
  readonly content: Uint8Array;
}

/** @param thrown undefined when the item ended its threads. */
export function failureOf(
  stage: string,
  flow: number,
  cell: Cell,
  thrown: { readonly error: unknown } | undefined,
): Failure {
  return {
    stage,
    flow,
    attempts: thrown === undefined ? cell.tries : cell.tries + 1,
    crashes: cell.kills,
    error: thrown === undefined ? undefined : packThrown(thrown.error),
    thread: cell.markedThread,
    kind: cell.kind,
    content: copyOf(cell.content),
  };
}

/** The error that a run rejects with, or a dead letter carries. */
export function errorOf(failure: Failure, causeOf: (thread: number) => unknown): DlbError {
  const { stage, flow, attempts, crashes, error, thread } = failure;
  const cause = error === undefined ? causeOf(thread) : unpackThrown(error);
  const reason = cause === undefined ? {} : { reason: messageOf(cause) };
  const details = { stage, flow, attempt: attempts - 1, crashes, ...reason };
  const what = error === undefined ? 'the threads that had the item ended' : 'a handler failed';
  const failed = new DlbError('ERR_DLB_STAGE_FAILED', what, details);
  failed.cause = cause;
  return failed;
}

export function deadLetterOf(failure: Failure, error: DlbError): DeadLetter {
  const { stage, flow, attempts, crashes, kind, content } = failure;
  const item = decode(kind, Buffer.from(content));
  return { item, stage, flow, attempts, crashes, error };
}
