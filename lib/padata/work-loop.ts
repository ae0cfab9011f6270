/**
 * The loop of a worker: take packs, run the parallel function on their jobs, forward the results.
 *
 * Runs on:  the seat's thread. Writes: the port, and the buffers of the jobs in hand.
 * Blocks only for a few milliseconds at a time and turns the event loop in between, so that timers,
 * console output and the inspector of the thread stay alive.
 */
import { StepAside } from '../crew/step-aside.js';
import { EventBurst } from '../eventdev/event-burst.js';
import type { Port } from '../port/index.js';
import { address } from './address.js';
import type { JobBuffer } from './job-buffer.js';
import type { JobBuffers } from './job-buffers.js';
import type { JobRunner, Later } from './job-runner.js';
import { Pace } from '../crew/pace.js';
import { Turns } from '../crew/turns.js';

/** Longest blocking wait: short enough that a wait and a job still leave turns 10 ms apart. */
const WAIT_MS = 4;
/** After this long without a job the thread waits on its event loop, which costs no wake-ups. */
const REST_MS = 50;
/** Results are forwarded at least this often: each time costs a wake-up of the scheduler. */
const FORWARD_MS = 0.5;
const MICROS_PER_MS = 1000;

export class WorkLoop {
  readonly #port: Port;
  readonly #runner: JobRunner;
  readonly #buffers: JobBuffers;
  readonly #aside: StepAside;
  readonly #pace = new Pace();
  readonly #burst = new EventBurst(this.#pace.limit);
  /** The pack in hand: its next job, how many are left, where it came from. */
  #current!: JobBuffer;
  #left = 0;
  #queue = 0;
  #stream = 0;
  readonly #turns = new Turns();
  #lastForward = 0;

  constructor(port: Port, runner: JobRunner, buffers: JobBuffers) {
    this.#port = port;
    this.#runner = runner;
    this.#buffers = buffers;
    this.#aside = new StepAside(port);
  }

  /** Resolves when the domain is stopped or closed, or the port is no longer ours. */
  async run(): Promise<void> {
    let lastJob = performance.now();
    for (;;) {
      const taken = this.#port.dequeueBurst(this.#burst, this.#pace.max, WAIT_MS);
      let now = performance.now();
      if (taken > 0) {
        await this.#serve(taken, now);
        now = lastJob = performance.now();
      } else if (this.#port.state !== 'started') {
        return this.#aside.close();
      } else if (now - lastJob > REST_MS) {
        await this.#port.ready();
        this.#turns.waited();
        continue;
      }
      if (this.#turns.isDue) await this.#turns.take();
    }
  }

  /** Runs the burst's packs and forwards them, oldest first, in one or several bursts. */
  async #serve(taken: number, startedAt: number): Promise<void> {
    let forwarded = 0;
    let began = startedAt;
    this.#lastForward = startedAt;
    for (let i = 0; i < taken; i++) {
      // What is done must not be held up by a pack that may have ended a thread before.
      if (i > 0 && this.#burst.attempts(i) > 0) forwarded = this.#forward(forwarded, i);
      const first = this.#buffers.at(this.#burst.payload(i));
      this.#current = first;
      this.#left = this.#burst.payloadHigh(i);
      this.#queue = this.#burst.queueId(i);
      this.#stream = this.#burst.flowId(i);
      if (this.#turns.isDue) began += await this.#turns.take();
      const turned = await this.#finish();
      const now = performance.now();
      const ms = now - began - turned;
      began = now;
      first.spent = ms * MICROS_PER_MS;
      this.#pace.note(ms);
      address(this.#burst, i);
      if (i + 1 === taken || now - this.#lastForward >= FORWARD_MS) {
        forwarded = this.#forward(forwarded, i + 1);
        this.#lastForward = now;
      }
    }
  }

  /** Forwards the burst's events from `first` on; returns `end`, where the next ones begin. */
  #forward(first: number, end: number): number {
    this.#port.enqueueBurst(this.#burst, first, end - first);
    return end;
  }

  /** Runs the pack in hand to its end. Returns the time that went to the event loop. */
  async #finish(): Promise<number> {
    let turned = 0;
    while (this.#left > 0) {
      const later = this.#advance();
      if (later !== undefined) {
        this.#aside.full();
        await later;
        this.#aside.free();
      }
      if (this.#left > 0 && this.#turns.isDue) turned += await this.#turns.take();
    }
    return turned;
  }

  /** Runs jobs of the pack in hand until it is through, a job completes later, or the event loop is
   *  due. */
  #advance(): Later {
    for (;;) {
      const job = this.#current;
      const later = this.#runner.run(job, this.#queue, this.#stream);
      if (--this.#left > 0) this.#current = this.#buffers.at(job.next);
      if (later !== undefined) return later;
      if (this.#left <= 0 || this.#turns.isDue) return undefined;
    }
  }
}
