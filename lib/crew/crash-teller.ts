/**
 * Tells of threads that died: to the function that the user gave, else as a warning of the process.
 *
 * Runs on: the thread that opened the pool. Never throws.
 */
import { messageOf } from './message-of.js';

/** A thread of a pool that died. Another takes its place. */
export interface Crash {
  /** The worker, from 0 on. */
  readonly worker: number;
  /** The uncaught error, or an error that says how the thread ended. */
  readonly cause: unknown;
  /** Of the thread; undefined when it never came to work. */
  readonly exitCode: number | undefined;
}

/** Warnings of one pool are at least so far apart. */
const QUIET_MS = 60_000;
/** So many causes are kept. */
const KEPT = 256;

export class CrashTeller {
  readonly #name: string;
  readonly #onCrash: ((crash: Crash) => unknown) | undefined;
  /** Why threads died, by their numbers. */
  readonly #causes = new Map<number, unknown>();
  #warnedAt = -Infinity;
  #untold = 0;

  constructor(name: string, onCrash: ((crash: Crash) => unknown) | undefined) {
    this.#name = name;
    this.#onCrash = onCrash;
  }

  /** Why the thread with this number died, if that is not long ago. */
  causeOf(stint: number): unknown {
    return this.#causes.get(stint);
  }

  tell(crash: Crash, stint: number): void {
    this.#causes.set(stint, crash.cause);
    const [oldest] = this.#causes.keys();
    if (this.#causes.size > KEPT) this.#causes.delete(oldest!);
    if (this.#onCrash === undefined) return this.#warn(crash);
    const failed = (error: unknown): void =>
      warn(`onCrash of ${this.#name} failed: ${messageOf(error)}`, error);
    try {
      Promise.resolve(this.#onCrash(crash)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #warn({ worker, cause }: Crash): void {
    const now = performance.now();
    if (now - this.#warnedAt < QUIET_MS) {
      this.#untold++;
      return;
    }
    this.#warnedAt = now;
    const more = this.#untold === 0 ? '' : ` (and ${this.#untold} threads before it)`;
    this.#untold = 0;
    const what = `worker ${worker} of ${this.#name} ended${more}: ${messageOf(cause)}`;
    warn(`${what}. Give onCrash to be told of each.`, cause);
  }
}

function warn(message: string, cause: unknown): void {
  process.emitWarning(message, { type: 'SoftdlbWarning', detail: stackOf(cause) });
}

function stackOf(thrown: unknown): string {
  try {
    const { stack } = (thrown ?? {}) as Partial<Error>;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}
