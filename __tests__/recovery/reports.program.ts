/** What a listener of recoveries is told, and that what it enqueues again goes before what others send. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, EventBurst, openDevice } from '../../lib/index.js';
import type { Device, Domain, DomainSpec, Port, RecoveryListener } from '../../lib/index.js';
import type { TenantDevice, VirtualDevice } from '../../lib/index.js';

let scheduler: Worker | null = null;
const mine = new Set<Worker>();
process.on('worker', (worker: Worker) =>
  setImmediate(() => {
    if (!mine.has(worker)) scheduler = worker;
  }),
);

const LIMIT = 32;
const SPEC: DomainSpec = {
  eventsLimit: LIMIT,
  queues: [{ type: 'atomic' }],
  // Of this thread, which enqueues again; of the spammer; of this thread, which takes them.
  ports: [{}, {}, { links: [0], implicitRelease: false, dequeueDepth: LIMIT }],
};

async function kill(): Promise<void> {
  while (scheduler === null) await new Promise(setImmediate);
  const victim = scheduler;
  scheduler = null;
  const gone = once(victim, 'exit');
  void victim.terminate();
  await gone;
}

/** Until what was in CQs and hands has been taken out. */
async function recover(domain: Domain): Promise<void> {
  const { recoveries } = domain;
  await kill();
  while (domain.recoveries === recoveries) await new Promise(setImmediate);
}

function payloads(events: EventBurst): number[] {
  return Array.from({ length: events.length }, (_, i) => events.payload(i));
}

async function spam(domain: Domain, first = 0): Promise<void> {
  const workerData = { attachment: domain.attachment(1), first };
  const worker = new Worker(new URL('./spammer.js', import.meta.url), { workerData });
  mine.add(worker);
  domain.bind(1, worker);
  await once(worker, 'online');
}

interface Rig {
  readonly device: Device;
  readonly domain: Domain;
  readonly again: Port;
  readonly to: Port;
}

async function open(): Promise<Rig> {
  const device = await openDevice();
  const domain = await device.createDomain(SPEC);
  await domain.start();
  const [again, to] = [0, 2].map((id) => attachPort(domain.attachment(id)));
  return { device, domain, again: again!, to: to! };
}

/** The domain is full of the spammer's events, some of them dequeued. */
async function full({ domain, to }: Rig): Promise<void> {
  await spam(domain);
  while (domain.stats().inflight < LIMIT) await sleep(1);
  to.dequeueBurst(new EventBurst(3));
}

/** Takes and completes `count` events. */
async function taken({ to }: Rig, count: number): Promise<number[]> {
  const all: number[] = [];
  const burst = new EventBurst(LIMIT);
  while (all.length < count && (await to.ready())) {
    to.dequeueBurst(burst);
    all.push(...payloads(burst));
    to.release(burst.length);
  }
  return all;
}

/** As many as are in order from 0 on. */
function inOrder(all: readonly number[]): number {
  const broken = all.findIndex((payload, i) => payload !== i);
  return broken < 0 ? all.length : broken;
}

/** Ways to enqueue again, each with the port for it. */
const WAYS: Record<string, (rig: Rig) => RecoveryListener> = {
  atOnce: (rig) => (events) => {
    let sent = 0;
    while (sent < events.length) sent += rig.again.enqueueBurst(events, sent);
  },
  slowly: (rig) => async (events) => {
    for (let sent = 0; sent < events.length;) {
      await sleep(2);
      sent += rig.again.enqueueBurst(events, sent, 1);
      if (sent < events.length) await rig.again.ready({ credits: 1 });
    }
  },
};

async function keepsOrder(way: string): Promise<unknown> {
  const rig = await open();
  const told: number[] = [];
  await full(rig);
  const enqueue = WAYS[way]!(rig);
  rig.domain.onRecovery((events, info) => {
    told.push(...payloads(events));
    return enqueue(events, info);
  });
  await recover(rig.domain);
  const all = await taken(rig, 4 * LIMIT);
  await rig.device.close();
  return { told: inOrder(told), inOrder: inOrder(all) >= 4 * LIMIT };
}

/** This thread's own loop sends NEW as soon as it may, but first what it was told. */
async function ownLoop(): Promise<unknown> {
  const rig = await open();
  const { again, domain } = rig;
  const back: number[] = [];
  domain.onRecovery((events) => void back.push(...payloads(events)));
  const burst = new EventBurst(1);
  let next = 0;
  let ends = false;
  const loop = (async (): Promise<void> => {
    while (!ends) {
      burst.clear();
      burst.pushNew(0, 3, 0, back[0] ?? next);
      if (again.enqueueBurst(burst) === 0) await again.ready({ credits: 1 });
      else if (back.shift() === undefined) next++;
      if (next % 5 === 0) await new Promise(setImmediate);
    }
  })();
  while (domain.stats().inflight < LIMIT) await sleep(1);
  await recover(domain);
  const all = await taken(rig, 4 * LIMIT);
  ends = true;
  await rig.device.close();
  await loop;
  return inOrder(all) >= 4 * LIMIT;
}

/** Nobody else's NEW is let in before its promise has settled, or a second has passed. */
async function waits(ends: boolean): Promise<unknown> {
  const rig = await open();
  await full(rig);
  let during = -1;
  rig.domain.onRecovery(async () => {
    const before = rig.domain.stats().rx;
    await sleep(100);
    during = rig.domain.stats().rx - before;
    if (!ends) await new Promise(() => {});
  });
  await recover(rig.domain);
  const first = await taken(rig, 1);
  await rig.device.close();
  return { during, first: first[0] };
}

/** It is called each time, also when nothing was inside, and when the domain was not started. */
async function eachTime(): Promise<unknown> {
  const { device, domain, again } = await open();
  const told: string[] = [];
  let heard = (): void => {};
  domain.onRecovery((events, { reason, remaining }) => {
    told.push(`${events.length} of ${events.length + remaining}, ${reason.code}`);
    heard();
  });
  for (const prepare of [
    async () => {},
    async () => {},
    async () => void (await domain.stop()),
    () => domain.start(),
  ]) {
    await prepare();
    const hears = new Promise<void>((resolve) => (heard = resolve));
    await kill();
    await hears;
  }
  // And it goes on.
  await again.ready({ credits: 1 });
  const burst = new EventBurst(1);
  burst.pushNew(0, 0, 0, 1);
  const sent = again.enqueueBurst(burst);
  await device.close();
  return { told, sent };
}

/** More than a burst, and the scheduler dies again while they are enqueued: nothing is lost, and all go on. */
async function diesAgain(): Promise<unknown> {
  const device = await openDevice();
  const limit = 600;
  const domain = await device.createDomain({ ...SPEC, eventsLimit: limit });
  await domain.start();
  const [again, to] = [0, 2].map((id) => attachPort(domain.attachment(id)));
  const burst = new EventBurst(64);
  for (let sent = 0; sent < limit;) {
    burst.clear();
    for (let i = sent; i < Math.min(sent + 64, limit); i++) burst.pushNew(0, i, 0, i);
    sent += again!.enqueueBurst(burst);
    await again!.ready({ credits: 1, signal: AbortSignal.timeout(5) });
  }
  const remaining: number[] = [];
  let calls = 0;
  let over = (): void => {};
  const isOver = new Promise<void>((resolve) => (over = resolve));
  domain.onRecovery(async (events, info) => {
    if (calls++ < 2) remaining.push(info.remaining);
    if (calls === 2) await kill();
    for (let sent = 0; sent < events.length;) {
      sent += again!.enqueueBurst(events, sent);
      if (sent < events.length) await again!.ready({ credits: 1 });
    }
    if (info.remaining === 0 && domain.recoveries === 2) over();
  });
  await kill();
  await isOver;
  const seen = new Set<number>();
  const many = new EventBurst(limit);
  while (seen.size < limit && (await to!.ready())) {
    to!.dequeueBurst(many);
    for (const payload of payloads(many)) seen.add(payload);
    to!.release(many.length);
  }
  const { recoveries } = domain;
  await device.close();
  return { remaining, seen: seen.size, recoveries };
}

/** The thread of a tenant's relay is no scheduler. */
async function attachAside(virtual: VirtualDevice): Promise<TenantDevice> {
  // The scheduler's has been told of by then.
  await sleep(1);
  const before = scheduler;
  const its = await attachVirtualDevice(virtual.handle);
  await sleep(1);
  scheduler = before;
  return its;
}

/** A tenant is told as well, and its ports have the credits first. */
async function tenant(): Promise<unknown> {
  const device = await openDevice();
  const quota = { domains: 1, queues: 1, ports: 3, credits: LIMIT, historyEntries: 3 * LIMIT };
  const virtual = await device.createVirtualDevice({ name: 'tenant', quota });
  const its = await attachAside(virtual);
  const domain = await its.createDomain(SPEC);
  await domain.start();
  const [again, to] = [0, 2].map((id) => attachPort(domain.attachment(id)));
  const burst = new EventBurst(8);
  for (let i = 0; i < 8; i++) burst.pushNew(0, 3, 0, i);
  const sent = again!.enqueueBurst(burst);
  while ((await domain.stats()).inflight < sent) await sleep(1);
  const told: unknown[] = [];
  await domain.onRecovery((events, { reason, remaining }) => {
    told.push(payloads(events), remaining, reason.code, typeof reason.details['why']);
    told.push(again!.enqueueBurst(events));
  });
  await kill();
  const all: number[] = [];
  while (all.length < 8 && (await to!.ready())) {
    to!.dequeueBurst(burst);
    all.push(...payloads(burst));
  }
  while (told.length === 0) await sleep(1);
  await domain.onRecovery(null);
  await kill();
  // What nobody is told of is dropped, and counted.
  while (device.domains()[0]!.recoveries < 2) await sleep(1);
  await again!.ready({ credits: 1 });
  const { dropped } = await domain.stats();
  await its.close();
  await device.close();
  return { told, all, dropped };
}

const alive = setInterval(() => {}, 1000);
const results = {
  atOnce: await keepsOrder('atOnce'),
  slowly: await keepsOrder('slowly'),
  ownLoop: await ownLoop(),
  waits: await waits(true),
  tooLong: await waits(false),
  eachTime: await eachTime(),
  diesAgain: await diesAgain(),
  tenant: await tenant(),
};
clearInterval(alive);
console.log(JSON.stringify(results));
