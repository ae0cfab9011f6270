/**
 * The loop of a worker whose functions complete later: several packs in hand at once.
 *
 * Runs on:  the seat's thread, on its event loop. Writes: the port, and the buffers of the jobs in hand.
 * Each pack runs its jobs one by one and is forwarded when it is through, whatever came before it:
 * the port completes its events in any order.
 */
import { StepAside } from '../crew/step-aside.js';
import { Turns } from '../crew/turns.js';
import { EventBurst } from '../eventdev/event-burst.js';
import { Latch } from '../idle/latch.js';
import type { Port } from '../port/index.js';
import { address } from './address.js';
import type { JobBuffers } from './job-buffers.js';
import type { JobRunner } from './job-runner.js';
import { isRangeQueue, JOBS_QUEUE } from './seat.js';

const MICROS_PER_MS = 1000;

/** How long one that a thread has died with waits for others to be done, and how long it is alone then. */
const ALONE_MS = 1000;

export class ConcurrentLoop {
  readonly #port: Port;
  readonly #runner: JobRunner;
  readonly #buffers: JobBuffers;
  readonly #concurrency: number;
  readonly #burst: EventBurst;
  readonly #latch = new Latch();
  readonly #aside: StepAside;
  #inHand = 0;
  #awaiting = false;
  /** Packs with a job that a thread has died with: each is served alone, so that another death is its own. */
  readonly #suspects: { readonly event: EventBurst; readonly queue: number }[] = [];
  /** Serial functions are called one at a time. */
  #serial: Promise<void> = Promise.resolve();
  readonly #turns = new Turns();
  /** All wait for the same one. */
  #turn: Promise<unknown> | undefined;

  constructor(port: Port, runner: JobRunner, buffers: JobBuffers, concurrency: number) {
    this.#port = port;
    this.#runner = runner;
    this.#buffers = buffers;
    this.#concurrency = concurrency;
    this.#burst = new EventBurst(concurrency);
    this.#aside = new StepAside(port);
  }

  /** Resolves when the domain is stopped or closed, or the port is no longer ours. */
  async run(): Promise<void> {
    for (;;) {
      const room = this.#concurrency - this.#inHand;
      if (room > 0) this.#aside.free();
      else this.#aside.full();
      const taken = room > 0 ? this.#port.dequeueBurst(this.#burst, room) : 0;
      for (let i = 0; i < taken; i++) this.#begin(i);
      if (this.#suspects.length > 0) {
        this.#aside.full();
        await this.#serveSuspects();
      }
      if (taken === 0) {
        if (this.#port.state !== 'started') return this.#aside.close();
        if (room > 0) this.#awaitEvents();
        await this.#latch.wait();
        this.#turns.waited();
      }
      await this.#whenDue();
    }
  }

  #begin(i: number): void {
    this.#inHand++;
    const event = new EventBurst(1);
    event.append(this.#burst, i);
    const queue = event.queueId(0);
    if (this.#isSuspect(event, queue)) this.#suspects.push({ event, queue });
    else this.#start(event, queue);
  }

  #start(event: EventBurst, queue: number): void {
    if (queue === JOBS_QUEUE || isRangeQueue(queue)) void this.#serve(event, queue);
    else this.#serial = this.#serial.then(() => this.#serve(event, queue));
  }

  async #serve(event: EventBurst, queue: number): Promise<void> {
    const began = performance.now();
    const stream = event.flowId(0);
    const first = this.#buffers.at(event.payload(0));
    let buffer = first;
    for (let left = event.payloadHigh(0); ; buffer = this.#buffers.at(buffer.next)) {
      if (this.#turns.isDue) await this.#whenDue();
      const later = this.#runner.run(buffer, queue, stream);
      if (later !== undefined) await later;
      if (--left <= 0) break;
    }
    first.spent = (performance.now() - began) * MICROS_PER_MS;
    address(event, 0);
    this.#port.enqueueBurst(event);
    this.#inHand--;
    this.#latch.open();
  }

  #isSuspect(event: EventBurst, queue: number): boolean {
    let buffer = this.#buffers.at(event.payload(0));
    for (let left = event.payloadHigh(0); ; buffer = this.#buffers.at(buffer.next)) {
      if (this.#runner.hasBegun(buffer, queue)) return true;
      if (--left <= 0) return false;
    }
  }

  /** Those that take too long for that go on beside others: they are not to hold up the seat. */
  async #serveSuspects(): Promise<void> {
    await this.#whenInHand(this.#suspects.length);
    for (const { event, queue } of this.#suspects.splice(0)) {
      const inHand = this.#inHand;
      this.#start(event, queue);
      await this.#whenInHand(inHand - 1);
    }
  }

  /** Waits until no more than `most` are in hand, for a while. */
  async #whenInHand(most: number): Promise<void> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      this.#latch.open();
    }, ALONE_MS);
    while (this.#inHand > most && !isOver) await this.#latch.wait();
    clearTimeout(timer);
    // Whoever else waits looks again.
    this.#latch.open();
  }

  #awaitEvents(): void {
    if (this.#awaiting) return;
    this.#awaiting = true;
    void this.#port.ready().then(() => {
      this.#awaiting = false;
      this.#latch.open();
    });
  }

  /** Gives the event loop its turn when that is due: those that wait for it go on one by one, as far as they come. */
  async #whenDue(): Promise<void> {
    while (this.#turns.isDue) {
      this.#turn ??= this.#turns.take().finally(() => (this.#turn = undefined));
      await this.#turn;
    }
  }
}
