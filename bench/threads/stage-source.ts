/** Sends events into the first stage and takes them from behind the last one, on one port. */
import { workerData } from 'node:worker_threads';
import { EventBurst, attachPort } from '../../lib/index.js';
import { Arrivals, BURST, writeEvents } from '../workload.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import { serveRuns } from './serve-runs.js';
import type { SourceData, SourceReply } from './two-stages.js';

const { attachment, finished, flowTable } = workerData as SourceData;
const port = attachPort(attachment);
const outgoing = new EventBurst(BURST);
const incoming = new EventBurst(BURST);
const arrivals = new Arrivals(flowTable);

/** Sends while there are credits; waits for results only when there are none. */
function exchange(events: number): void {
  let sent = 0;
  for (let waits = 0; arrivals.received < events && waits < WAITS_MAX;) {
    const size = Math.min(BURST, events - sent);
    writeEvents(outgoing, sent, size);
    const accepted = port.enqueueBurst(outgoing);
    sent += accepted;
    const isFull = size === 0 || accepted < size;
    const count = port.dequeueBurst(incoming, BURST, isFull ? WAIT_MS : 0);
    arrivals.take(incoming);
    waits = count === 0 && accepted === 0 ? waits + 1 : 0;
  }
}

serveRuns(
  ({ events }): SourceReply => {
    const startedAt = performance.now();
    exchange(events);
    const ms = performance.now() - startedAt;
    port.release(port.outstanding);
    Atomics.store(finished, 0, 1);
    return { ms, tally: arrivals.tally() };
  },
  () => port.detach(),
);
