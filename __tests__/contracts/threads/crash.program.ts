/** C1 on threads: workers are terminated while they hold events, and nothing is lost. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { attachPort, EventBurst, openDevice } from '../../../lib/index.js';
import { creditsAtRest, makeCrew, report, TALLY, until } from './crew.js';

const EVENTS = Number(process.argv[2]);
const KILLS = Number(process.argv[3]);
const EVENTS_LIMIT = 512;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  queues: [{ type: 'atomic' }],
  ports: [{}, ...[1, 2, 3].map(() => ({ links: [0], implicitRelease: false, dequeueDepth: 16 }))],
});
const crew = makeCrew(domain, EVENTS);
const producer = attachPort(domain.attachment(0));
await domain.start();

const burst = new EventBurst(64);
let sent = 0;
/** Sends until `upTo` payloads were accepted. */
async function send(upTo: number): Promise<void> {
  while (sent < upTo) {
    burst.clear();
    for (let i = sent; i < upTo && burst.length < 64; i++) burst.pushNew(0, i % 16, 0, i);
    const accepted = producer.enqueueBurst(burst);
    sent += accepted;
    if (accepted < burst.length) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

// One dies with half of its events done, and tells which it was at.
const victim = crew.hire('hold', 1);
await send(64);
await until(() => Atomics.load(crew.tally, TALLY.HOLDING) !== 0);
const holding = Atomics.load(crew.tally, TALLY.HOLDING);
for (const port of [2, 3]) crew.hire('complete', port);
await victim.terminate();
await creditsAtRest(domain);
// A completion that was taken in may not have been counted yet by its thread.
await until(() => Atomics.load(crew.tally, TALLY.DONE) >= 64);
const twice = crew.done.reduce((sum, times) => sum + (times > 1 ? 1 : 0), 0);
const suspects = Atomics.load(crew.tally, TALLY.SUSPECTS);
const first = { held: holding >> 20, twice, suspects };

// Others die at any moment, and others come in their place.
let hired = 3;
/** A worker that is at work. */
async function replace(): Promise<Worker> {
  const worker = crew.hire('completeLate', 1);
  hired++;
  await until(() => Atomics.load(crew.tally, TALLY.ATTACHED) === hired);
  return worker;
}
let mortal = await replace();
for (let kill = 0; kill < KILLS; kill++) {
  await send(sent + Math.floor((EVENTS - sent) / (KILLS - kill + 1)));
  const gone = once(mortal, 'exit');
  void mortal.terminate();
  await gone;
  mortal = await replace();
}
await send(EVENTS);
const credits = await creditsAtRest(domain);
const { ports } = domain.stats();
const { flushed } = await domain.stop();
await crew.exited();
await device.close();
report({
  first,
  accepted: sent,
  lost: crew.done.reduce((sum, times) => sum + (times === 0 ? 1 : 0), 0),
  again: crew.done.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
  redelivered: ports.reduce((sum, port) => sum + port.tx, 0) - sent,
  credits,
  flushed,
});
