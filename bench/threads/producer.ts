/** A producer thread: sends the events of a run as fast as credits come back. */
import { workerData } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import { writeEvents } from '../workload.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import type { ProducerData, ProducerReply } from './end-to-end.js';
import { serveRuns } from './serve-runs.js';

const { attachment, wish, burst: size } = workerData as ProducerData;
const port = attachPort(attachment);
const burst = new EventBurst(size);

function send(events: number): void {
  for (let sent = 0, waits = 0; sent < events && waits < WAITS_MAX; sent += size) {
    writeEvents(burst, sent, Math.min(size, events - sent));
    let accepted = port.enqueueBurst(burst);
    while (accepted < burst.length && waits < WAITS_MAX) {
      if (port.awaitCredits(wish, WAIT_MS)) waits = 0;
      else waits++;
      accepted += port.enqueueBurst(burst, accepted);
    }
  }
}

serveRuns(
  ({ events }): ProducerReply => {
    const startedAt = process.hrtime.bigint();
    send(events);
    return { startedAt };
  },
  () => port.detach(),
);
