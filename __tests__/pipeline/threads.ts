/** The threads that are started while a test looks: what Node says of each new Worker. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';

export class Threads implements Disposable {
  /** All that were started, in this order. */
  readonly started: Worker[] = [];
  readonly #present = new Map<Worker, number>();
  readonly #onExit: (thread: number) => void;

  /** @param onExit called before anybody else learns that the thread has ended. */
  constructor(onExit: (thread: number) => void = () => {}) {
    this.#onExit = onExit;
    subscribe('worker_threads', this.#take);
  }

  /** Threads that have not ended. */
  get present(): Worker[] {
    return [...this.#present.keys()];
  }

  /** The thread of this number, if it has not ended. */
  find(threadId: number): Worker | undefined {
    return this.present.find((worker) => this.#present.get(worker) === threadId);
  }

  [Symbol.dispose](): void {
    unsubscribe('worker_threads', this.#take);
  }

  readonly #take = (message: unknown): void => {
    const { worker } = message as { worker: Worker };
    // It has no number any more when it has ended.
    const { threadId } = worker;
    this.started.push(worker);
    this.#present.set(worker, threadId);
    worker.once('exit', () => {
      this.#present.delete(worker);
      this.#onExit(threadId);
    });
  };
}
