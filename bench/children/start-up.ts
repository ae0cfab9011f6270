/**
 * `node start-up.js bare|device WORKERS`: how long the first thread takes to be there, or a device
 * with its scheduler; and how much memory the process has with all workers.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EventBurst, SCHED, attachPort, openDevice } from '../../lib/index.js';
import type { Device, Domain, Port } from '../../lib/index.js';

export interface StartUpReport {
  readonly startMs: number;
  readonly rssBytes: number;
  readonly problems: readonly string[];
}

const EVENTS_LIMIT = 4096;
const SITTER = new URL('../threads/sitter.js', import.meta.url);

async function sitter(workerData: unknown): Promise<Worker> {
  const worker = new Worker(SITTER, { workerData });
  await once(worker, 'message');
  return worker;
}

async function openAll(workers: number): Promise<{ device: Device; domain: Domain }> {
  const device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: EVENTS_LIMIT,
    queues: [{ type: 'atomic' }, { type: 'directed' }],
    ports: [{ links: [1] }, ...Array.from({ length: workers }, () => ({ links: [0] }))],
  });
  await domain.start();
  return { device, domain };
}

/** It is a device that works: an event comes back to its sender. */
async function problemsOf(port: Port): Promise<string[]> {
  const burst = new EventBurst(1);
  burst.pushNew(1, 0, SCHED.ATOMIC, 42);
  port.enqueueBurst(burst);
  await port.ready();
  port.dequeueBurst(burst, 1);
  return burst.length === 1 && burst.payload(0) === 42 ? [] : ['the event did not come back'];
}

const [mode, count] = process.argv.slice(2);
const workers: Worker[] = [];
const startedAt = performance.now();
const opened = mode === 'device' ? await openAll(Number(count)) : undefined;
if (opened === undefined) workers.push(await sitter(null));
const startMs = performance.now() - startedAt;
for (let id = workers.length + 1; id <= Number(count); id++) {
  workers.push(await sitter(opened?.domain.attachment(id) ?? null));
}
const problems =
  opened === undefined ? [] : await problemsOf(attachPort(opened.domain.attachment(0)));
const { rss: rssBytes } = process.memoryUsage();
console.log(JSON.stringify({ startMs, rssBytes, problems } satisfies StartUpReport));
for (const worker of workers) worker.postMessage('go');
await opened?.device.close();
