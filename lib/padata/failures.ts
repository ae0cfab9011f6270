/**
 * Errors of failed jobs, whole: a job's own room has their message only.
 *
 * A worker posts what was thrown before it forwards the job, to a port of its seat; whoever takes the job then finds it
 * there at once. A port that nobody listens to keeps what it is sent, and keeps no process alive.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../crew/message-of.js';
import { packThrown, unpackThrown } from '../crew/thrown.js';
import type { JobBuffer } from './job-buffer.js';

/** An id is the number of the thread, from 1, times this, and a count: no two of a pool are equal, and 0 is none. */
const COUNTS = 2 ** 32;

interface Posted {
  readonly slot: number;
  readonly id: number;
  readonly thrown: Uint8Array;
}

/** Why a job failed; undefined may have been thrown, hence the box. */
export interface Failure {
  readonly reason: string;
  readonly cause?: unknown;
}

/** Handed to a thread. */
export interface FailureLine {
  readonly port: MessagePort;
  /** Counts the threads of the pool. */
  readonly thread: number;
}

/** In the worker. */
export class FailurePost {
  readonly #port: MessagePort;
  readonly #thread: number;
  #count = 0;

  constructor({ port, thread }: FailureLine) {
    this.#port = port;
    this.#thread = thread;
  }

  /** The job has failed with what was thrown. Does not throw. */
  fail(buffer: JobBuffer, error: unknown): void {
    const reason = messageOf(error);
    const thrown = packThrown(error);
    this.#count = (this.#count + 1) % COUNTS;
    const id = this.#thread * COUNTS + this.#count;
    const posted: Posted = { slot: buffer.slot, id, thrown };
    this.#port.postMessage(posted);
    buffer.fail(reason, id);
  }
}

/** In the submitting thread. */
export class Failures {
  /** By seat: where its thread posts. */
  readonly #ports: (MessagePort | undefined)[] = [];
  #threads = 0;
  /** By slot: what was posted of the job that is in it. */
  readonly #posted = new Map<number, Posted[]>();
  /** By slot: why the last thread ended that had the job in hand. */
  readonly #ends = new Map<number, { readonly cause: unknown }>();

  /** For the next thread of a seat. */
  connect(seat: number): FailureLine {
    this.#drain();
    this.#ports[seat]?.close();
    const { port1, port2 } = new MessageChannel();
    this.#ports[seat] = port1;
    return { port: port2, thread: ++this.#threads };
  }

  /** A thread has ended with the job in hand. */
  ended(slot: number, cause: unknown): void {
    this.#ends.set(slot, { cause });
  }

  of(buffer: JobBuffer): Failure {
    const { slot, failure: id, message: reason } = buffer;
    if (id === 0) return { reason, ...this.#ends.get(slot) };
    this.#drain();
    const posted = this.#posted.get(slot)?.find((each) => each.id === id);
    return posted === undefined ? { reason } : { reason, cause: unpackThrown(posted.thrown) };
  }

  /** The job is done with. */
  forget(buffer: JobBuffer): void {
    if (buffer.failure !== 0) this.#drain();
    if (this.#posted.size > 0) this.#posted.delete(buffer.slot);
    if (this.#ends.size > 0) this.#ends.delete(buffer.slot);
  }

  close(): void {
    for (const port of this.#ports) port?.close();
  }

  #drain(): void {
    for (const port of this.#ports) {
      if (port === undefined) continue;
      let received: { message: Posted } | undefined;
      while ((received = receiveMessageOnPort(port)) !== undefined) {
        const { message } = received;
        const others = this.#posted.get(message.slot) ?? [];
        this.#posted.set(message.slot, [...others, message]);
      }
    }
  }
}
