/** A consumer thread: takes and checks events until all consumers together have those of the run. */
import { workerData } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import { Arrivals } from '../workload.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import type { ConsumerData, ConsumerReply } from './end-to-end.js';
import { beBusy } from './busy.js';
import { serveRuns } from './serve-runs.js';

const { attachment, taken, flowTable, burst: size, workMicros } = workerData as ConsumerData;
const port = attachPort(attachment);
const burst = new EventBurst(size);
const arrivals = new Arrivals(flowTable);

/** Whether the last event of all was taken here. */
function receive(events: number): boolean {
  for (let waits = 0; waits < WAITS_MAX;) {
    const count = port.dequeueBurst(burst, size, WAIT_MS);
    if (count > 0) {
      waits = 0;
      arrivals.take(burst);
      if (workMicros > 0) beBusy(count * workMicros);
      if (Atomics.add(taken, 0, count) + count === events) return true;
    } else {
      if (Atomics.load(taken, 0) >= events) return false;
      waits++;
    }
  }
  return false;
}

serveRuns(
  ({ events }): ConsumerReply => {
    const finishedAt = receive(events) ? process.hrtime.bigint() : undefined;
    // What is outstanding would keep its credits and flows until the next run.
    port.release(port.outstanding);
    return { tally: arrivals.tally(), finishedAt };
  },
  () => port.detach(),
);
