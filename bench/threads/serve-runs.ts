/** A thread's side of a rig: it lives through all repetitions and does one run per message. */
import { parentPort } from 'node:worker_threads';

export interface RunOrder {
  readonly events: number;
}

/** Answers each order with the reply of `run`; on null it calls `end` and lets the thread exit. */
export function serveRuns(run: (order: RunOrder) => unknown, end: () => void): void {
  const main = parentPort!;
  main.on('message', (order: RunOrder | null) => {
    if (order !== null) {
      main.postMessage(run(order));
      return;
    }
    end();
    main.close();
  });
  main.postMessage('ready');
}
