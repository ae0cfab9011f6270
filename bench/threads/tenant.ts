/** A tenant's thread that is measured: what it sends comes back to it through an atomic queue. */
import { workerData } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, EventBurst } from '../../lib/index.js';
import type { VirtualDeviceHandle } from '../../lib/index.js';
import { Arrivals, BURST, newFlowTable, resetFlowTable, writeEvents } from '../workload.js';
import type { Tally } from '../workload.js';
import { serveRuns } from './serve-runs.js';

export interface TenantReply {
  readonly ms: number;
  readonly tally: Tally;
}

const EVENTS_LIMIT = 2048;
/** A run that takes longer stands still: many times what any takes. */
const STALL_MS = 60_000;
const LOOKS = 4096;

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
    // Never parks: what is measured is what the scheduler gives it, not who wakes whom.
    for (let lookAt = 0; arrivals.received < events; lookAt++) {
      if (lookAt % LOOKS === 0 && performance.now() - startedAt > STALL_MS) break;
      if (accepted === burst.length && written < events) {
        writeEvents(burst, written, Math.min(BURST, events - written));
        written += burst.length;
        accepted = 0;
      }
      if (accepted < burst.length) accepted += port.enqueueBurst(burst, accepted);
      port.dequeueBurst(taken);
      arrivals.take(taken);
    }
    port.release(port.outstanding);
    return { ms: performance.now() - startedAt, tally: arrivals.tally() };
  },
  () => port.detach(),
);
