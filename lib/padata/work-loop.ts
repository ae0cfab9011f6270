/**
 * The loop of a worker: take jobs, run the parallel function, forward the results.
 *
 * Runs on:  the seat's thread. Writes: the port, and the buffers of the jobs in hand.
 * Blocks only for a few milliseconds at a time and turns the event loop in between, so that timers,
 * console output and the inspector of the thread stay alive.
 */
import { EventBurst } from '../eventdev/event-burst.js';
import { OP } from '../eventdev/event.js';
import type { Port } from '../port/index.js';
import { JobBuffer, OUTCOME } from './job-buffer.js';
import type { ParallelFunction } from './job.js';
import { Pace } from '../crew/pace.js';
import { RESULTS_QUEUE } from './seat.js';
import type { SeatTask } from './seat.js';
import { messageOf } from '../crew/message-of.js';
import { JobView, runJob } from './run-job.js';

/** Longest blocking wait: short enough that a wait and a job still leave turns 10 ms apart. */
const WAIT_MS = 4;
/** The event loop gets a turn when this long has passed since the last. */
const TURN_MS = 8;
/** After this long without a job the thread waits on its event loop, which costs no wake-ups. */
const REST_MS = 50;
/** Results are forwarded at least this often: each time costs a wake-up of the scheduler. */
const FORWARD_MS = 0.5;

export class WorkLoop {
  readonly #port: Port;
  readonly #parallel: ParallelFunction;
  readonly #attempts: number;
  readonly #bytes: number;
  readonly #buffers = new Map<number, JobBuffer>();
  readonly #job = new JobView();
  readonly #pace = new Pace();
  readonly #burst = new EventBurst(this.#pace.limit);
  #lastTurn = performance.now();
  #lastForward = 0;

  constructor(port: Port, parallel: ParallelFunction, task: SeatTask) {
    this.#port = port;
    this.#parallel = parallel;
    this.#attempts = task.attempts;
    this.#bytes = task.bytes;
  }

  /** Resolves when the domain is stopped or closed, or the port is no longer ours. */
  async run(): Promise<void> {
    let lastJob = performance.now();
    for (;;) {
      const taken = this.#port.dequeueBurst(this.#burst, this.#pace.max, WAIT_MS);
      const now = performance.now();
      if (taken > 0) {
        await this.#serve(taken, now);
        lastJob = performance.now();
      } else if (this.#port.state !== 'started') {
        return;
      } else if (now - lastJob > REST_MS) {
        await this.#port.ready();
        this.#lastTurn = performance.now();
        continue;
      }
      if (performance.now() - this.#lastTurn >= TURN_MS) await this.#turn();
    }
  }

  /** Runs the burst's jobs and forwards them, oldest first, in one or several bursts. */
  async #serve(taken: number, startedAt: number): Promise<void> {
    let forwarded = 0;
    let began = startedAt;
    this.#lastForward = startedAt;
    for (let i = 0; i < taken; i++) {
      // What is done must not be held up by a job that has ended a thread before.
      if (this.#isSuspect(i)) forwarded = this.#forward(forwarded, i);
      this.#work(i);
      const now = performance.now();
      this.#pace.note(now - began);
      began = now;
      const late = now - this.#lastTurn >= TURN_MS;
      if (i + 1 === taken || late || now - this.#lastForward >= FORWARD_MS) {
        forwarded = this.#forward(forwarded, i + 1);
        this.#lastForward = now;
      }
      if (late) {
        await this.#turn();
        began = performance.now();
      }
    }
  }

  /** Forwards the burst's events from `first` on; returns `end`, where the next ones begin. */
  #forward(first: number, end: number): number {
    this.#port.enqueueBurst(this.#burst, first, end - first);
    return end;
  }

  #isSuspect(i: number): boolean {
    const buffer = this.#bufferOf(this.#burst.payload(i));
    return buffer.outcome === OUTCOME.PENDING && buffer.starts > 0;
  }

  /** Turns event `i` into its result, in place. */
  #work(i: number): void {
    const burst = this.#burst;
    const buffer = this.#bufferOf(burst.payload(i));
    if (buffer.outcome === OUTCOME.PENDING) this.#complete(buffer, burst.payloadHigh(i));
    burst.setOp(i, OP.FORWARD);
    burst.setQueueId(i, RESULTS_QUEUE);
    burst.setPayloadHigh(i, buffer.resultLength);
  }

  #complete(buffer: JobBuffer, length: number): void {
    const { starts } = buffer;
    if (starts >= this.#attempts) {
      const times = starts === 1 ? 'once' : `${starts} times`;
      buffer.fail(`the thread that ran the job ended without a result, ${times}`);
      return;
    }
    buffer.countStart();
    try {
      this.#job.show(buffer, length, starts);
      runJob(this.#parallel, this.#job, buffer);
    } catch (error) {
      buffer.fail(messageOf(error));
    }
  }

  #bufferOf(handle: number): JobBuffer {
    let buffer = this.#buffers.get(handle);
    if (buffer === undefined) {
      buffer = new JobBuffer(handle, this.#port.buffers!.view(handle), this.#bytes);
      this.#buffers.set(handle, buffer);
    }
    return buffer;
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }
}
