/** The main thread's side of threads/serve-runs.ts. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TransferListItem } from 'node:worker_threads';
import type { RunOrder } from '../threads/serve-runs.js';

export class RunThread<Reply> {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** @param entry file name in bench/threads. Resolves when the thread is ready for orders. */
  static async start<Reply>(
    entry: string,
    workerData: unknown,
    transferList: TransferListItem[] = [],
  ): Promise<RunThread<Reply>> {
    const url = new URL(`../threads/${entry}`, import.meta.url);
    const worker = new Worker(url, { workerData, transferList });
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
