import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { attachPort, EventBurst, openDevice } from '../lib/index.js';

const burst = new EventBurst(64);
if (isMainThread) {
  await using device = await openDevice();
  const queues = [{ type: 'ordered' as const }, { type: 'directed' as const }];
  const ports = [{ links: [1] }, { links: [0] }, { links: [0] }]; // This thread, two workers.
  const domain = await device.createDomain({ eventsLimit: 1024, queues, ports });
  for (const id of [1, 2]) new Worker(import.meta.filename, { workerData: domain.attachment(id) });
  await domain.start();
  const port = attachPort(domain.attachment(0));
  for (let i = 1; i <= 64; i++) burst.push({ queueId: 0, payload: i });
  port.enqueueBurst(burst); // Two workers square 64 numbers at once …
  for (let seen = 0; seen < 64 && (await port.ready()); seen += port.dequeueBurst(burst)) {}
  console.log(burst.payload(burst.length - 1)); // … and the last result comes last: 4096.
} else {
  const port = attachPort(workerData);
  while (port.state !== 'closed') {
    port.dequeueBurst(burst, 8, 100);
    for (let i = 0; i < burst.length; i++) burst.setPayload(i, burst.payload(i) ** 2);
    for (let i = 0; i < burst.length; i++) burst.setQueueId(i, 1); // Still FORWARD, as delivered.
    port.enqueueBurst(burst);
  }
}
