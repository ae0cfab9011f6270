/** A tenant's thread that is measured: what it sends comes back to it through an atomic queue. */
import { workerData } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, EventBurst } from '../../lib/index.js';
import type { VirtualDeviceHandle } from '../../lib/index.js';
import { Arrivals, BURST, newFlowTable, resetFlowTable, writeEvents } from '../workload.js';
import type { Tally } from '../workload.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import { serveRuns } from './serve-runs.js';

export interface TenantReply {
  readonly ms: number;
  readonly tally: Tally;
}

const EVENTS_LIMIT = 2048;

const device = await attachVirtualDevice(workerData as VirtualDeviceHandle);
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  queues: [{ type: 'atomic' }],
  ports: [{ links: [0] }],
});
await domain.start();
const port = attachPort(domain.attachment(0));
const burst = new EventBurst(BURST);
const taken = new EventBurst(BURST);
const flowTable = newFlowTable();
const arrivals = new Arrivals(flowTable);

serveRuns(
  ({ events }): TenantReply => {
    resetFlowTable(flowTable);
    const startedAt = performance.now();
    burst.clear();
    let written = 0;
    let accepted = 0;
    for (let waits = 0; arrivals.received < events && waits < WAITS_MAX;) {
      if (accepted === burst.length && written < events) {
        writeEvents(burst, written, Math.min(BURST, events - written));
        written += burst.length;
        accepted = 0;
      }
      const sent = accepted < burst.length ? port.enqueueBurst(burst, accepted) : 0;
      accepted += sent;
      const count = port.dequeueBurst(taken, BURST, sent > 0 ? 0 : WAIT_MS);
      arrivals.take(taken);
      waits = sent + count > 0 ? 0 : waits + 1;
    }
    port.release(port.outstanding);
    return { ms: performance.now() - startedAt, tally: arrivals.tally() };
  },
  () => port.detach(),
);
