/** `node idle.js MS`: a started device on which nothing happens, and what that costs. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EventBurst, SCHED, attachPort, openDevice } from '../../lib/index.js';
import type { WaitingPortData } from '../threads/waiting-port.js';

export interface IdleReport {
  readonly wallMs: number;
  /** Of the whole process, all threads. */
  readonly cpuMs: number;
  readonly problems: readonly string[];
}

/** Until start-up is over and every thread is asleep. */
const SETTLE_MS = 500;
const MICROS_PER_MS = 1000;
const WAYS = ['blocking', 'ready'] as const;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: 64,
  queues: WAYS.map(() => ({ type: 'directed' as const })),
  ports: [...WAYS.map((_, queue) => ({ links: [queue] })), {}],
});
const workers = WAYS.map((way, id) => {
  const workerData: WaitingPortData = { attachment: domain.attachment(id), way };
  return new Worker(new URL('../threads/waiting-port.js', import.meta.url), { workerData });
});
const sender = attachPort(domain.attachment(WAYS.length));
await Promise.all(workers.map((worker) => once(worker, 'message')));
await domain.start();
await sleep(SETTLE_MS);

const startedAt = performance.now();
const before = process.cpuUsage();
await sleep(Number(process.argv[2]));
const { user, system } = process.cpuUsage(before);
const wallMs = performance.now() - startedAt;

// It slept, it did not die: an event for each still arrives.
const answers = Promise.all(workers.map((worker) => once(worker, 'message') as Promise<[number]>));
const burst = new EventBurst(WAYS.length);
WAYS.forEach((_, queue) => burst.pushNew(queue, 0, SCHED.ATOMIC, queue));
sender.enqueueBurst(burst);
const problems = (await answers).flatMap(([payload], queue) =>
  payload === queue ? [] : [`queue=${queue}, received=${payload}`],
);
const report: IdleReport = { wallMs, cpuMs: (user + system) / MICROS_PER_MS, problems };
console.log(JSON.stringify(report));
sender.detach();
await device.close();
