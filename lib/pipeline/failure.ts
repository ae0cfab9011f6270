/** Errors of handlers on their way from the worker to whoever is told. */
import { deserialize, serialize } from 'node:v8';
import { messageOf } from '../crew/message-of.js';
import { packThrown, unpackThrown } from '../crew/thrown.js';
import { DlbError } from '../eventdev/errors.js';
import type { Cell } from './cell.js';
import { decodeCopy, KIND } from './codec.js';
import { decodePlain, encodePlain } from './plain.js';
import type { DeadLetter } from './contract.js';
import type { SharedMemory } from './structured.js';

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

const NOTHING = new Uint8Array();
/** When what was written cannot be read. */
const UNKNOWN: Failure = {
  stage: 'unknown',
  flow: 0,
  attempts: 1,
  crashes: 0,
  error: NOTHING,
  thread: 0,
  kind: KIND.ENDED,
  content: NOTHING,
};

/** For as long as the cell is as it is. @param thrown undefined when the item ended its threads. */
export function failureOf(
  stage: string,
  cell: Cell,
  i: number,
  thrown: { readonly error: unknown } | undefined,
): Failure {
  const tries = cell.tries(i);
  return {
    stage,
    flow: cell.flow(i),
    attempts: thrown === undefined ? tries : tries + 1,
    crashes: cell.kills(i),
    error: thrown === undefined ? undefined : packThrown(thrown.error),
    thread: cell.markedThread(i),
    ...itemIn(cell, i),
  };
}

/** As the stage got it, whatever its handler has done to it. */
function itemIn(cell: Cell, i: number): Pick<Failure, 'kind' | 'content'> {
  const kind = cell.kind(i);
  if (kind !== KIND.PLAIN) return { kind, content: cell.content(i) };
  try {
    return { kind: KIND.PACKED, content: encodePlain([decodePlain(cell.plain!)[cell.offset(i)]]) };
  } catch {
    return { kind: KIND.ENDED, content: NOTHING };
  }
}

/** @throws when there is no memory for it. */
export function packFailure(failure: Failure): Uint8Array {
  return serialize(failure);
}

/** As much of a failure as there is always room for. */
export function withoutItem(failure: Failure): Failure {
  return { ...failure, kind: KIND.ENDED, content: NOTHING };
}

/** What is written in a cell. */
export function readFailure(cell: Cell, i: number): Failure {
  try {
    return deserialize(Buffer.from(cell.content(i))) as Failure;
  } catch {
    return UNKNOWN;
  }
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

/** @param shared of the cell that the failure was in. */
export function deadLetterOf(failure: Failure, error: DlbError, shared: SharedMemory): DeadLetter {
  const { stage, flow, attempts, crashes } = failure;
  const letter = { item: undefined, stage, flow, attempts, crashes, error };
  try {
    return { ...letter, item: itemOf(failure, shared) };
  } catch (reason) {
    error.details['unreadable'] = messageOf(reason);
    return letter;
  }
}

function itemOf({ kind, content }: Failure, shared: SharedMemory): unknown {
  if (kind === KIND.ENDED) throw new Error('the item was too large to be carried with the error');
  const { buffer, byteOffset, length } = content;
  return decodeCopy(kind, Buffer.from(buffer, byteOffset, length), shared);
}
