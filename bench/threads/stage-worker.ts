/** A worker of both stages: moves each event to the queue behind the one it came from. */
import { workerData } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import { BURST } from '../workload.js';
import { WAIT_MS } from './end-to-end.js';
import { serveRuns } from './serve-runs.js';
import type { StageData } from './two-stages.js';

const { attachment, finished } = workerData as StageData;
const port = attachPort(attachment);
const burst = new EventBurst(BURST);

serveRuns(
  (): number => {
    let forwarded = 0;
    while (Atomics.load(finished, 0) === 0) {
      const count = port.dequeueBurst(burst, BURST, WAIT_MS);
      for (let i = 0; i < count; i++) burst.setQueueId(i, burst.queueId(i) + 1);
      for (let done = 0; done < count; done += port.enqueueBurst(burst, done));
      forwarded += count;
    }
    return forwarded;
  },
  () => port.detach(),
);
