/** The thread of a port that sends NEW events of one flow, in order, as fast as they are let in. */
import { workerData } from 'node:worker_threads';
import { attachPort, EventBurst } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/index.js';

const { attachment, first } = workerData as { attachment: PortAttachment; first: number };
const port = attachPort(attachment);
const burst = new EventBurst(4);
let next = first;
while (port.state !== 'closed') {
  burst.clear();
  for (let i = 0; i < burst.capacity; i++) burst.pushNew(0, 3, 0, next + i);
  const sent = port.enqueueBurst(burst);
  next += sent;
  if (sent === 0) port.awaitCredits(1, 20);
}
