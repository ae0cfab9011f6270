/** Ports that are reclaimed when their worker exits. */
import type { Worker } from 'node:worker_threads';
import { DlbError } from '../eventdev/errors.js';

interface Binding {
  readonly ports: Set<number>;
  readonly forget: () => void;
}

export class WorkerBindings {
  readonly #reclaim: (port: number, thread: number) => Promise<number>;
  readonly #bindings = new Map<Worker, Binding>();

  constructor(reclaim: (port: number, thread: number) => Promise<number>) {
    this.#reclaim = reclaim;
  }

  /** The thread id is taken now: a Worker forgets it when it exits. */
  bind(port: number, worker: Worker): void {
    const thread = worker?.threadId;
    if (typeof thread !== 'number' || thread < 0 || typeof worker.once !== 'function') {
      throw new DlbError('ERR_DLB_INVALID_ARGUMENT', 'worker must be a running Worker', {
        field: 'worker',
        threadId: thread,
      });
    }
    const known = this.#bindings.get(worker);
    if (known !== undefined) {
      known.ports.add(port);
      return;
    }
    const ports = new Set([port]);
    const onExit = (): void => {
      this.#bindings.delete(worker);
      // A failure means that the scheduler is gone, and the domain says so.
      for (const each of ports) this.#reclaim(each, thread).catch(() => {});
    };
    worker.once('exit', onExit);
    this.#bindings.set(worker, { ports, forget: () => worker.off('exit', onExit) });
  }

  forget(): void {
    for (const binding of this.#bindings.values()) binding.forget();
    this.#bindings.clear();
  }
}
