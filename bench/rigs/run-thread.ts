/** The main thread's side of threads/serve-runs.ts. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RunOrder } from '../threads/serve-runs.js';

export class RunThread<Reply> {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** @param entry file name in bench/threads. Resolves when the thread is ready for orders. */
  static async start<Reply>(entry: string, workerData: unknown): Promise<RunThread<Reply>> {
    const worker = new Worker(new URL(`../threads/${entry}`, import.meta.url), { workerData });
    await once(worker, 'message');
    return new RunThread(worker);
  }

  /** One order at a time. Rejects if the thread fails. */
  async run(order: RunOrder): Promise<Reply> {
    this.#worker.postMessage(order);
    const [reply] = (await once(this.#worker, 'message')) as [Reply];
    return reply;
  }

  async end(): Promise<void> {
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage(null);
    await exited;
  }
}
