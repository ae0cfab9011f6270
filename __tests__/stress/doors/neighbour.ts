/** A tenant that does nothing wrong: how long its requests take, and whether its events come, all and in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachPort, attachVirtualDevice, EventBurst } from '../../../lib/index.js';
import type { VirtualDeviceHandle } from '../../../lib/index.js';

export interface Neighbourly {
  readonly asked: number;
  readonly slowestMs: number;
  readonly failed: readonly string[];
  readonly sent: number;
  readonly came: number;
  /** Events of another number than was due. */
  readonly foreign: number;
}

const BURST = 16;
const PAUSE_MS = 4;
const EVENTS_WITHIN_MS = 20_000;

const tenant = await attachVirtualDevice(workerData as VirtualDeviceHandle);
const domain = await tenant.createDomain({
  eventsLimit: 64,
  queues: [{ type: 'atomic' }],
  ports: [{}, { links: [0] }],
});
await domain.start();
const [from, to] = [0, 1].map((id) => attachPort(domain.attachment(id)));
const burst = new EventBurst(BURST);
const failed: string[] = [];
let [asked, slowestMs, sent, came, foreign, isOver] = [0, 0, 0, 0, 0, false];

function move(): void {
  burst.clear();
  for (let i = 0; i < BURST; i++) burst.pushNew(0, 0, 0, sent + i);
  sent += from!.enqueueBurst(burst);
  while (came < sent) {
    const count = to!.dequeueBurst(burst, BURST, EVENTS_WITHIN_MS);
    if (count === 0) throw new Error('events do not come');
    for (let i = 0; i < count; i++) if (burst.payload(i) !== came++) foreign++;
    to!.release(count);
  }
}

parentPort!.once('message', () => (isOver = true));
parentPort!.postMessage('ready');
const calls = [() => tenant.resources(), () => domain.stats(), () => domain.queueAttributes(0)];
while (!isOver) {
  move();
  const startedAt = performance.now();
  await calls[asked++ % calls.length]!().catch((error: Error) => failed.push(error.message));
  slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  await sleep(PAUSE_MS);
}
parentPort!.postMessage({ asked, slowestMs, failed, sent, came, foreign } satisfies Neighbourly);
await tenant.close();
