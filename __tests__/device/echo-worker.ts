/** A thread of near.test.ts: sends every event that it gets on to queue 1, until its domain stops. */
import { workerData } from 'node:worker_threads';
import { attachPort, EventBurst } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/index.js';

const port = attachPort(workerData as PortAttachment);
const burst = new EventBurst(32);
while (port.state === 'configured' || port.state === 'started') {
  const count = port.dequeueBurst(burst, 32, Infinity);
  for (let i = 0; i < count; i++) burst.setQueueId(i, 1);
  for (let sent = 0; sent < count && port.state === 'started';) {
    sent += port.enqueueBurst(burst, sent);
  }
}
port.detach();
