/**
 * The wake-ups of a softdlb round trip and nothing else: main ─▶ A ─▶ B ─▶ A ─▶ main, by Atomics.wait and notify.
 * What is left between this and softdlb is softdlb's own.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { HopData } from '../threads/hop.js';
import type { Trips } from './trips.js';

const WAIT_MS = 1000;
/** On lines of their own. */
const [A, B, MAIN] = [0, 32, 64];
const WORDS = 96;

export class BareTripRig {
  readonly #words: Int32Array;
  readonly #workers: readonly Worker[];

  private constructor(words: Int32Array, workers: readonly Worker[]) {
    this.#words = words;
    this.#workers = workers;
  }

  static async open(): Promise<BareTripRig> {
    const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
    const workers: Worker[] = [];
    for (const [at, next] of [[A, [B, MAIN]] as const, [B, [A, A]] as const]) {
      const workerData: HopData = { words, at, next };
      const worker = new Worker(new URL('../threads/hop.js', import.meta.url), { workerData });
      await once(worker, 'message');
      workers.push(worker);
    }
    return new BareTripRig(words, workers);
  }

  /** One at a time, this thread blocked meanwhile; `pauseMs` before each lets everybody park. */
  async blocking(trips: Trips, pauseMs: number): Promise<void> {
    const words = this.#words;
    for (let n = 0; n < trips.count; n++) {
      if (pauseMs > 0) await sleep(pauseMs);
      const before = Atomics.load(words, MAIN);
      const sentAt = performance.now();
      this.#wake(A, 1);
      Atomics.wait(words, MAIN, before, WAIT_MS);
      trips.back(Atomics.load(words, MAIN) === before + 1 ? n : -1, sentAt);
    }
  }

  async close(): Promise<void> {
    const exits = this.#workers.map((worker) => once(worker, 'exit'));
    for (const at of [A, B]) this.#wake(at, -(2 ** 30));
    await Promise.all(exits);
  }

  #wake(at: number, by: number): void {
    Atomics.add(this.#words, at, by);
    Atomics.notify(this.#words, at);
  }
}
