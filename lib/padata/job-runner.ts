/**
 * What a worker does with one job: run one of the module's functions on it, once, and keep how it ended.
 *
 * Runs on: the seat's thread. Writes: the buffer of the job in hand.
 */
import { awaitable } from '../crew/awaitable.js';
import { CallScope } from '../crew/call-scope.js';
import { FailurePost } from './failures.js';
import { OUTCOME } from './job-buffer.js';
import type { JobBuffer } from './job-buffer.js';
import type { ModuleFunctions } from './job.js';
import { JobView, runJob } from './run-job.js';
import { isRangeQueue, JOBS_QUEUE } from './seat.js';
import type { SeatTask } from './seat.js';

export type Later = Promise<void> | undefined;

export class JobRunner {
  /** Read once: what a getter says may change, and it may throw. */
  readonly #functions: Required<ModuleFunctions>;
  readonly #seat: number;
  readonly #attempts: number;
  readonly #context: unknown;
  readonly #concurrent: boolean;
  readonly #failures: FailurePost;
  readonly #scope = new CallScope();
  readonly #view = new JobView();

  constructor(functions: ModuleFunctions, task: SeatTask) {
    const { parallel = missing('parallel'), serial = missing('serial') } = functions;
    this.#functions = { parallel, serial, range: functions.range ?? missing('range') };
    this.#failures = new FailurePost(task.failures);
    this.#seat = task.seat;
    this.#attempts = task.attempts;
    this.#context = task.context;
    this.#concurrent = task.concurrency > 1;
  }

  /** Does what an event of this queue asks for, unless a thread before has. Never throws or rejects;
   *  returns a promise when the function did. */
  run(buffer: JobBuffer, queue: number, stream: number): Later {
    if (queue === JOBS_QUEUE) {
      return buffer.outcome === OUTCOME.PENDING ? this.#runParallel(buffer) : undefined;
    }
    if (isRangeQueue(queue)) {
      return buffer.outcome === OUTCOME.PENDING ? this.#runRange(buffer) : undefined;
    }
    return buffer.served ? undefined : this.#runSerial(buffer, stream);
  }

  /** A thread has begun what an event of this queue asks for, and has not ended it. */
  hasBegun(buffer: JobBuffer, queue: number): boolean {
    const isSerial = queue !== JOBS_QUEUE && !isRangeQueue(queue);
    if (isSerial) return !buffer.served && buffer.serialStarts > 0;
    return buffer.outcome === OUTCOME.PENDING && buffer.starts > 0;
  }

  #runParallel(buffer: JobBuffer): Later {
    const { starts } = buffer;
    if (!this.#mayStart(buffer, starts)) return undefined;
    buffer.countStart(this.#seat);
    try {
      // Jobs in hand at the same time need an object each.
      const view = this.#concurrent ? new JobView() : this.#view;
      view.show(buffer, starts);
      const later = runJob(() => this.#scope.run(this.#functions.parallel, view), buffer);
      return later?.catch((error: unknown) => this.#failures.fail(buffer, error));
    } catch (error) {
      this.#failures.fail(buffer, error);
      return undefined;
    }
  }

  #runRange(buffer: JobBuffer): Later {
    if (!this.#mayStart(buffer, buffer.starts)) return undefined;
    buffer.countStart(this.#seat);
    const [start, end] = buffer.span;
    const { range } = this.#functions;
    return settle(
      () => this.#scope.run(range, start, end, this.#context),
      () => buffer.finish(0),
      (error) => this.#failures.fail(buffer, error),
    );
  }

  #runSerial(buffer: JobBuffer, stream: number): Later {
    const { serialStarts: attempt, number, outcome } = buffer;
    if (!this.#mayStart(buffer, attempt)) {
      buffer.serve();
      return undefined;
    }
    if (outcome === OUTCOME.NONE) {
      buffer.serve();
      return undefined;
    }
    buffer.countSerialStart(this.#seat);
    const failed = outcome === OUTCOME.FAILED;
    const { serial } = this.#functions;
    const result = buffer.room.subarray(0, failed ? 0 : buffer.resultLength);
    const error = failed ? buffer.message : undefined;
    return settle(
      () => this.#scope.run(serial, { number, stream, result, error, attempt }),
      () => buffer.serve(),
      (reason) => {
        this.#failures.fail(buffer, reason);
        buffer.serve();
      },
    );
  }

  /** False, and the job has failed, when it has ended enough threads. */
  #mayStart(buffer: JobBuffer, starts: number): boolean {
    if (buffer.condemned) {
      buffer.fail('the job was overdue, and its thread was ended');
      return false;
    }
    if (starts < this.#attempts) return true;
    const times = starts === 1 ? 'once' : `${starts} times`;
    buffer.fail(`the thread that ran the job ended without a result, ${times}`);
    return false;
  }
}

function missing(name: string): () => never {
  return () => {
    throw new Error(`the module has no function named ${name}`);
  };
}

/** Calls `act`, now, and then one of the others, now or when its promise settles. */
function settle(act: () => unknown, done: () => void, failed: (error: unknown) => void): Later {
  try {
    const result = act();
    const later = awaitable(result);
    if (later !== undefined) return settleLater(later, done, failed);
  } catch (error) {
    failed(error);
    return undefined;
  }
  done();
  return undefined;
}

async function settleLater(
  result: PromiseLike<unknown>,
  done: () => void,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    await result;
    done();
  } catch (error) {
    failed(error);
  }
}
