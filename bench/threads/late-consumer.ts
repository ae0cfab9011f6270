/** Takes one event at a time, notes how late its work begins, and does it. */
import { workerData } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import { beBusy } from './busy.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import { LONG_MICROS, SHORT_MICROS, clock, isLong } from './late-binding.js';
import type { LateData } from './late-binding.js';
import { serveRuns } from './serve-runs.js';

const { attachment, sentAt, lateness, done } = workerData as LateData;
const port = attachPort(attachment);
const burst = new EventBurst(1);

serveRuns(
  ({ events }): void => {
    for (let waits = 0; Atomics.load(done, 0) < events && waits < WAITS_MAX;) {
      if (port.dequeueBurst(burst, 1, WAIT_MS) === 0) {
        waits++;
        continue;
      }
      waits = 0;
      const n = burst.payload(0);
      lateness[n] = clock() - sentAt[n]!;
      beBusy(isLong(n) ? LONG_MICROS : SHORT_MICROS);
      Atomics.add(done, 0, 1);
    }
    port.release(port.outstanding);
  },
  () => port.detach(),
);
