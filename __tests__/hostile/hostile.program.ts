/**
 * Two domains on one scheduler worker. A thread of the first writes over everything that it can
 * reach, the bell included; the second carries events whose order and delay are looked at.
 *
 * Arguments: seed, milliseconds, vandal or silencer. The last line of output is a Findings.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import type { Domain, Port } from '../../lib/index.js';
import { Random } from '../stress/random.js';
import type { Findings } from './findings.js';
import { TALLY } from './roles.js';
import type { Orders } from './roles.js';

const seed = Number(process.argv[2]);
const runMs = Number(process.argv[3]);
const enemy = process.argv[4] as 'vandal' | 'silencer';
const BURSTS_PER_COMMAND = 10;
const HOSTILE_PORTS = 4;

const random = new Random(seed);
const tally = new Int32Array(new SharedArrayBuffer(TALLY.WORDS * 4));
const threads: { worker: Worker; exited: Promise<unknown> }[] = [];
const thrown: string[] = [];
const burst = new EventBurst(64);
const delays: number[] = [];
let sent = 0;
let received = 0;
let misplaced = 0;
let commands = 0;
let slowestCommandMs = 0;

function hire(domain: Domain, role: Orders['role'], port: number): void {
  const attachment = domain.attachment(port);
  const workerData: Orders = { role, attachment, seed: random.word(), tally };
  const worker = new Worker(new URL('worker.js', import.meta.url), { workerData });
  worker.on('error', (error) => thrown.push(`${role}: ${String(error)}`));
  threads.push({ worker, exited: once(worker, 'exit') });
}

/** Two workers between an ordered queue and this thread. */
async function quietDomain(): Promise<{ domain: Domain; port: Port }> {
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'ordered' }, { type: 'directed' }],
    ports: [1, 0, 0].map((queue) => ({ links: [queue], implicitRelease: false })),
  });
  for (const port of [1, 2]) hire(domain, 'forward', port);
  await domain.start();
  return { domain, port: attachPort(domain.attachment(0)) };
}

/** Sends some events, and waits until all have come back, in order. */
async function goRound(port: Port): Promise<void> {
  const count = random.onceIn(2) ? 1 : random.within(1, 64);
  burst.clear();
  for (let i = 0; i < count; i++) burst.pushNew(0, i % 5, 0, sent + i);
  const began = performance.now();
  const accepted = port.enqueueBurst(burst);
  sent += accepted;
  while (received < sent && (await port.ready())) {
    const got = port.dequeueBurst(burst);
    for (let i = 0; i < got; i++) if (burst.payload(i) !== received++) misplaced++;
    port.release(got);
  }
  if (accepted > 0) delays.push(performance.now() - began);
}

/** A command goes by message and is found by the bell. */
async function timed<T>(command: Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await command;
  commands++;
  slowestCommandMs = Math.max(slowestCommandMs, performance.now() - began);
  return result;
}

const device = await openDevice();
const hostile = await device.createDomain({
  eventsLimit: 256,
  queues: [{ type: 'atomic' }, { type: 'ordered' }, { type: 'parallel' }, { type: 'directed' }],
  ports: [{ links: [0, 1] }, { links: [0, 1, 2] }, { links: [2, 3], implicitRelease: false }, {}],
  buffers: { count: 40, bytes: 64 },
});
await hostile.start();
for (let port = 0; port < HOSTILE_PORTS - 1; port++) hire(hostile, 'innocent', port);
const quiet = await quietDomain();
// Its threads have started then.
await goRound(quiet.port);
delays.length = 0;
hire(hostile, enemy, HOSTILE_PORTS - 1);

const until = performance.now() + runMs;
for (let round = 1; performance.now() < until; round++) {
  await goRound(quiet.port);
  // Ports that wrote nonsense are cut off until they are reclaimed: so that there is more to find.
  if (round % BURSTS_PER_COMMAND !== 0) continue;
  for (let port = 0; port < HOSTILE_PORTS; port++) await timed(hostile.reclaim(port));
  if (random.onceIn(3)) {
    await timed(hostile.stop());
    await timed(hostile.start());
  }
  hostile.stats();
}

// While all this goes on: both domains stop, a new one works, and the first closes.
const settled = quiet.domain.stats();
const { flushed } = await timed(quiet.domain.stop());
await timed(quiet.domain.close());
await timed(hostile.stop());
const later = await quietDomain();
const [before, delaysBefore] = [received, delays.length];
for (let i = 0; i < 20; i++) await goRound(later.port);
delays.splice(delaysBefore, 1);
await timed(hostile.close());
await timed(later.domain.close());
Atomics.store(tally, TALLY.QUIT, 1);
Atomics.notify(tally, TALLY.QUIT);
await Promise.all(threads.map(({ exited }) => exited));
await device.close();
delays.sort((a, b) => a - b);
const findings: Findings = {
  seed,
  wrong: { misplaced, missing: sent - received, flushed, dropped: settled.dropped, thrown },
  delayMs: { median: delays[delays.length >> 1]!, slowest: delays.at(-1)!, slowestCommandMs },
  counts: {
    rounds: delays.length,
    received,
    later: received - before,
    commands,
    strikes: Atomics.load(tally, TALLY.STRIKES) >>> 0,
    calls: Atomics.load(tally, TALLY.CALLS),
    got: Atomics.load(tally, TALLY.GOT),
  },
};
process.stdout.write(`${JSON.stringify(findings)}\n`);
const { thrown: errors, ...numbers } = findings.wrong;
if (errors.length > 0 || Object.values(numbers).some((n) => n !== 0)) process.exitCode = 1;
