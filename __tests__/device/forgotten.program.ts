/** Uses a device and forgets to close it. Ends when nobody waits for anything any more. */
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: 64,
  queues: [{ type: 'atomic' }],
  ports: [{ links: [0] }],
});
const port = attachPort(domain.attachment(0));
await domain.start();
const burst = new EventBurst(8);
burst.pushNew(0, 0, 0, 7);
port.enqueueBurst(burst);
// A wait keeps the process alive until it is over.
const isReady = await port.ready();
port.dequeueBurst(burst);
process.stdout.write(`${JSON.stringify({ isReady, payload: burst.payload(0) })}\n`);
