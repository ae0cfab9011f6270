/** C12 on threads: a domain stops and starts while its threads work. */
import { setTimeout as sleep } from 'node:timers/promises';
import { attachPort, EventBurst, openDevice } from '../../../lib/index.js';
import type { Port } from '../../../lib/index.js';
import { levelsOf, makeCrew, report, sumOf, TALLY, until } from './crew.js';

const ROUNDS = Number(process.argv[2]);
const EVENTS = 1_000_000;
const EVENTS_LIMIT = 1024;

const device = await openDevice();
const domain = await device.createDomain({
  eventsLimit: EVENTS_LIMIT,
  queues: [{ type: 'atomic' }, { type: 'ordered' }],
  ports: [
    { enqueueDepth: 512 },
    ...[1, 2].map(() => ({ links: [0, 1], implicitRelease: false, dequeueDepth: 16 })),
  ],
});
const crew = makeCrew(domain, EVENTS);
const producer: Port = attachPort(domain.attachment(0));
const flushedTimes = new Int32Array(EVENTS);
const burst = new EventBurst(512);
let sent = 0;
let left = 0;
let counted = 0;
let unequal = 0;

for (let round = 0; round < ROUNDS; round++) {
  await domain.start();
  // Those of the round before ended with its stop.
  for (const port of [1, 2]) crew.hire('complete', port);
  await until(() => Atomics.load(crew.tally, TALLY.ATTACHED) === 2 * (round + 1));
  for (let i = 0; i < 20; i++) {
    burst.clear();
    for (let k = 0; k < 300; k++) burst.pushNew(k & 1, k % 7, 0, sent + k);
    sent += producer.enqueueBurst(burst);
    if (i % 5 === round % 5) await sleep(1);
  }
  const { flushed } = await domain.stop(
    (events) => {
      for (let i = 0; i < events.length; i++) flushedTimes[events.payload(i)]!++;
    },
    { graceMs: round % 2 },
  );
  await crew.exited();
  counted += flushed;
  const stats = domain.stats();
  left += levelsOf(stats);
  if (sumOf(stats) !== EVENTS_LIMIT) unequal++;
}
await device.close();
let wrong = 0;
for (let i = 0; i < sent; i++) if (crew.done[i]! + flushedTimes[i]! !== 1) wrong++;
const sumUp = (words: Int32Array): number => words.reduce((total, times) => total + times, 0);
const done = sumUp(crew.done);
const matches = sumUp(flushedTimes) === counted && done + counted === sent;
report({ wrong, left, unequal, matches, worked: done > 0 && counted > 0 });
