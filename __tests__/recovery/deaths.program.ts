/** What becomes of a domain, and of what was asked of it, when its scheduler worker is killed. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import type { DeviceOptions, DlbError, Domain, Port } from '../../lib/index.js';

let scheduler: Worker | null = null;
process.on('worker', (worker: Worker) => (scheduler = worker));

const EVENTS = 5;
const burst = new EventBurst(EVENTS);

interface Rig {
  readonly domain: Domain;
  readonly from: Port;
  readonly to: Port;
  close(this: void): Promise<void>;
}

/** A domain with five events, two of them dequeued. */
async function open(options: DeviceOptions = {}): Promise<Rig> {
  const device = await openDevice(options);
  const domain = await device.createDomain({
    eventsLimit: 16,
    queues: [{ type: 'atomic' }, { type: 'parallel' }],
    ports: [{}, { links: [0], implicitRelease: false }],
  });
  await domain.start();
  const [from, to] = [attachPort(domain.attachment(0)), attachPort(domain.attachment(1))];
  send(from);
  await to.ready({ depth: EVENTS });
  to.dequeueBurst(burst, 2);
  return { domain, from, to, close: () => device.close() };
}

function send(port: Port): number {
  burst.clear();
  for (let i = 0; i < EVENTS; i++) burst.pushNew(0, 3, 0, i);
  return port.enqueueBurst(burst);
}

function payloads(events: EventBurst): number[] {
  return Array.from({ length: events.length }, (_, i) => events.payload(i));
}

async function kill(): Promise<void> {
  // The last one may not have been replaced yet.
  while (scheduler === null) await new Promise(setImmediate);
  const victim = scheduler;
  scheduler = null;
  const gone = once(victim, 'exit');
  void victim.terminate();
  await gone;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as DlbError).code,
  );

/** Whoever listens has them, in order, and may enqueue them again. */
async function reported(): Promise<unknown> {
  const { domain, from, to, close } = await open();
  const told: { payloads: number[]; code: string; why: unknown }[] = [];
  const heard = new Promise<void>((resolve) => {
    domain.onRecovery((events, { reason }) => {
      told.push({ payloads: payloads(events), code: reason.code, why: reason.details['why'] });
      resolve();
    });
  });
  // Not yet done, and kept by control: in force when the next one takes over.
  domain.unlink(1, 0);
  domain.link(1, 1);
  const holding = domain.disablePort(0);
  await kill();
  await heard;
  await holding;
  const { recoveries } = domain;
  const { dropped: lost, inflight } = domain.stats();
  const states = [domain.state, from.state, to.state, to.outstanding];
  const unlinks = domain.unlinksInProgress(1);
  await domain.enablePort(0);
  await from.ready({ credits: EVENTS });
  burst.clear();
  burst.pushNew(1, 0, 0, 77);
  from.enqueueBurst(burst);
  await to.ready();
  to.dequeueBurst(burst);
  const again = payloads(burst);
  await close();
  return { told, recoveries, dropped: lost, inflight, states, unlinks, again };
}

/** Nobody listens: they are dropped, and counted. */
async function dropped(): Promise<unknown> {
  const { domain, from, close } = await open();
  await kill();
  await from.ready({ credits: EVENTS });
  const stats = domain.stats();
  const { flushed } = await domain.stop();
  await close();
  return { recoveries: domain.recoveries, dropped: stats.dropped, flushed };
}

/** A stop that was under way gets them, and nobody else. */
async function stopped(): Promise<unknown> {
  const { domain, to, close } = await open();
  let told = 0;
  domain.onRecovery(() => told++);
  const flushed: number[] = [];
  // Port 1 holds events, so the stop waits.
  const stopping = domain.stop((events) => flushed.push(...payloads(events)), { graceMs: 60_000 });
  await kill();
  const result = await stopping;
  const states = [domain.state, to.state, to.outstanding];
  await domain.start();
  await close();
  return { told, flushed, result, states };
}

/** Too many have died: the domain fails, and what was inside is reported all the same. */
async function failed(): Promise<unknown> {
  const { domain, to, close } = await open({ schedulerRestarts: 0 });
  const told: number[] = [];
  domain.onRecovery((events) => told.push(...payloads(events)));
  await kill();
  while (to.state !== 'closed') await new Promise(setImmediate);
  const isReady = await to.ready();
  const codes = [await codeOf(domain.stop()), await codeOf(domain.reclaim(1))];
  await domain.close();
  await close();
  return { told, isReady, state: to.state, codes };
}

/** A port that was cut off for its faults stays so, until it is enabled: before the next death, or while nobody hears. */
async function faulty(): Promise<unknown> {
  const device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 16,
    queues: [{ type: 'atomic' }],
    ports: [{}, {}, { links: [0] }],
    faultLimit: EVENTS - 1,
  });
  await domain.start();
  const [bad, good] = [attachPort(domain.attachment(0)), attachPort(domain.attachment(1))];
  /** Makes as many faults as are too many, and waits until that shows. */
  const sin = async (): Promise<void> => {
    await bad.ready({ credits: EVENTS });
    burst.clear();
    for (let i = 0; i < EVENTS; i++) burst.pushNew(9, 0, 0, i);
    bad.enqueueBurst(burst);
    while (bad.state !== 'disabled') await new Promise(setImmediate);
  };
  /** Kills the scheduler; `asked` is asked for while there is none. Resolves when the next one has taken over. */
  const die = async (asked: () => Promise<void> = async () => {}): Promise<string[]> => {
    const recovered = domain.recoveries;
    const isDead = kill();
    const isDone = asked();
    await Promise.all([isDead, isDone]);
    while (domain.recoveries === recovered) await new Promise(setImmediate);
    // It answers, so it has resumed the domain.
    await domain.why(0);
    return [bad.state, good.state];
  };
  await sin();
  const states = [await die(), await die()];
  await domain.enablePort(0);
  states.push(await die());
  await sin();
  states.push(await die(() => domain.enablePort(0)));
  // And its faults are counted anew.
  await sin();
  states.push(await die(() => domain.disablePort(1)), await die(() => domain.enablePort(1)));
  await device.close();
  return states.map((each) => each.join(' '));
}

/** It dies before it has heard of the domain, and again before it goes on. */
async function early(): Promise<unknown> {
  const device = await openDevice();
  const creating = device.createDomain({
    eventsLimit: 16,
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0] }],
  });
  await kill();
  const domain = await creating;
  const starting = domain.start();
  await kill();
  await starting;
  const [from, to] = [attachPort(domain.attachment(0)), attachPort(domain.attachment(1))];
  await kill();
  const reclaiming = domain.reclaim(1);
  await reclaiming;
  const next = attachPort(domain.attachment(1));
  await from.ready({ credits: EVENTS });
  send(from);
  await next.ready({ depth: EVENTS });
  next.dequeueBurst(burst);
  const result = { state: to.state, payloads: payloads(burst) };
  await device.close();
  return result;
}

// A scheduler worker keeps no process alive, nor does waiting for the next one.
const alive = setInterval(() => {}, 1000);
const results = {
  reported: await reported(),
  dropped: await dropped(),
  stopped: await stopped(),
  failed: await failed(),
  early: await early(),
  faulty: await faulty(),
};
clearInterval(alive);
console.log(JSON.stringify(results));
