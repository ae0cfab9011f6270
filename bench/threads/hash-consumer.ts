/** Takes what its ring brings until all consumers together have the events of the run. */
import { workerData } from 'node:worker_threads';
import { Arrivals, BURST } from '../workload.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import type { ConsumerReply } from './end-to-end.js';
import { HandRingConsumer } from './hand-ring.js';
import { serveRuns } from './serve-runs.js';

export interface HashConsumerData {
  readonly ring: Int32Array;
  readonly taken: Int32Array;
  readonly flowTable: Int32Array;
}

const { ring, taken, flowTable } = workerData as HashConsumerData;
const consumer = new HandRingConsumer(ring);
const arrivals = new Arrivals(flowTable);

/** Whether the last event of all was taken here. */
function receive(events: number): boolean {
  for (let waits = 0; waits < WAITS_MAX;) {
    const count = consumer.take(arrivals, BURST, WAIT_MS);
    if (count === 0) {
      if (Atomics.load(taken, 0) >= events) return false;
      waits++;
      continue;
    }
    waits = 0;
    if (Atomics.add(taken, 0, count) + count === events) return true;
  }
  return false;
}

serveRuns(
  ({ events }): ConsumerReply => {
    const finishedAt = receive(events) ? process.hrtime.bigint() : undefined;
    return { tally: arrivals.tally(), finishedAt };
  },
  () => {},
);
