/** Sends each event when it is due, whatever became of those before. */
import { workerData } from 'node:worker_threads';
import { EventBurst, SCHED, attachPort } from '../../lib/index.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import { clock } from './late-binding.js';
import type { LateData } from './late-binding.js';
import { serveRuns } from './serve-runs.js';

const { attachment, due, sentAt } = workerData as LateData;
const port = attachPort(attachment);
const burst = new EventBurst(1);
/** It sleeps at least so long: spinning until the next is due would take a core from the others. */
const SLEEP_MS = 0.25;
const nap = new Int32Array(new SharedArrayBuffer(4));

function waitUntil(time: number): void {
  for (let left = time - clock(); left > 0; left = time - clock()) {
    Atomics.wait(nap, 0, 0, Math.max(left, SLEEP_MS));
  }
}

function send(n: number): void {
  sentAt[n] = clock();
  burst.clear().pushNew(0, n % 1024, SCHED.PARALLEL, n);
  for (let waits = 0; port.enqueueBurst(burst) === 0 && waits < WAITS_MAX; waits++) {
    port.awaitCredits(1, WAIT_MS);
  }
}

serveRuns(
  ({ events }): void => {
    const start = clock();
    for (let n = 0; n < events; n++) {
      waitUntil(start + due[n]!);
      send(n);
    }
  },
  () => port.detach(),
);
