/**
 * Two tenants on one device: each has its share, configures it from a thread of its own, and cannot see, starve or
 * break the other. One of them dies; what it had comes back.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, EventBurst, openDevice } from '../lib/index.js';
import type { DlbError, VirtualDeviceHandle } from '../lib/index.js';

const QUOTA = { domains: 1, queues: 2, ports: 2, credits: 1024, historyEntries: 4096 };

if (isMainThread) {
  await using device = await openDevice();
  const before = device.resources().credits.available;
  for (const name of ['careful', 'careless']) {
    const virtual = await device.createVirtualDevice({ name, quota: QUOTA });
    const { handle, transferList } = virtual;
    const worker = new Worker(import.meta.filename, { workerData: handle, transferList });
    worker.on('message', (text) => console.log(`${name}: ${text}`));
    worker.on('error', ({ message }) => console.log(`${name} died: ${message}`));
    await new Promise((resolve) => worker.once('exit', resolve));
    // One whose tenant has died closes itself; one whose tenant has left could be handed to another.
    await virtual.close();
  }
  console.log(`all credits are back: ${device.resources().credits.available === before}`);
} else {
  await tenant(workerData as VirtualDeviceHandle);
}

/** What runs in a tenant's thread. */
async function tenant(handle: VirtualDeviceHandle): Promise<void> {
  const { parentPort } = await import('node:worker_threads');
  await using device = await attachVirtualDevice(handle);
  const domain = await device.createDomain({
    eventsLimit: 1024,
    queues: [{ type: 'atomic' }],
    ports: [{ links: [0] }],
  });
  await domain.start();
  using port = attachPort(domain.attachment(0));
  const burst = new EventBurst(32);
  for (let i = 0; i < 32; i++) burst.push({ queueId: 0, flowId: i, payload: i });
  port.enqueueBurst(burst);
  for (let seen = 0; seen < 32;) seen += port.dequeueBurst(burst, 32, 100);
  parentPort!.postMessage(`32 events of domain ${domain.id}, queue 0`);
  // More than its share is refused, whatever the device has left.
  const second = { eventsLimit: 1, queues: [{ type: 'atomic' as const }], ports: [{}] };
  await device.createDomain(second).catch(({ code }: DlbError) => {
    parentPort!.postMessage(`a second domain: ${code}`);
  });
  if (device.name === 'careless') throw new Error('with everything open');
}
