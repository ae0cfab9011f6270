/** Spreads events over rings by their flow: the static balancing that needs no scheduler. */
import { workerData } from 'node:worker_threads';
import { BURST, FLOWS } from '../workload.js';
import { WAITS_MAX, WAIT_MS } from './end-to-end.js';
import type { ProducerReply } from './end-to-end.js';
import { HandRingProducer } from './hand-ring.js';
import { serveRuns } from './serve-runs.js';

export interface HashProducerData {
  readonly rings: readonly Int32Array[];
}

const GIVE_UP_MS = WAITS_MAX * WAIT_MS;
const rings = (workerData as HashProducerData).rings.map((ring) => new HandRingProducer(ring));

function send(events: number): void {
  const count = rings.length;
  for (let n = 0; n < events; n++) {
    if (!rings[(n & (FLOWS - 1)) % count]!.write(n, GIVE_UP_MS)) return;
    if (n % BURST === BURST - 1) for (const ring of rings) ring.publish();
  }
  for (const ring of rings) ring.publish();
}

serveRuns(
  ({ events }): ProducerReply => {
    const startedAt = process.hrtime.bigint();
    send(events);
    return { startedAt };
  },
  () => {},
);
