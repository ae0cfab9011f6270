/** The same round trips by MessagePort. */
import { once } from 'node:events';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { EchoData } from '../threads/echo.js';
import type { Trips } from './trips.js';

export class MessageTripRig {
  readonly #worker: Worker;
  #onAnswer: (n: number) => void = () => {};

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (n: number) => this.#onAnswer(n));
  }

  static async open(): Promise<MessageTripRig> {
    const workerData: EchoData = {};
    const worker = new Worker(new URL('../threads/echo.js', import.meta.url), { workerData });
    await once(worker, 'message');
    return new MessageTripRig(worker);
  }

  /** One at a time. */
  async oneByOne(trips: Trips, pauseMs: number): Promise<void> {
    for (let n = 0; n < trips.count; n++) {
      if (pauseMs > 0) await sleep(pauseMs);
      const sentAt = performance.now();
      trips.back(await this.#trip(n), sentAt);
    }
  }

  /** One each `gapMs`, by an event loop that turns all the time: timers are too coarse. */
  async offered(trips: Trips, gapMs: number): Promise<void> {
    const start = performance.now();
    this.#onAnswer = (n) => trips.back(n, start + n * gapMs);
    for (let sent = 0; trips.done < trips.count; await turn()) {
      const now = performance.now();
      for (; sent < trips.count && start + sent * gapMs <= now; sent++) {
        this.#worker.postMessage(sent);
      }
    }
  }

  async close(): Promise<void> {
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage(null);
    await exited;
  }

  #trip(n: number): Promise<number> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
      this.#worker.postMessage(n);
    });
  }
}
