/** The other tenant: polite, or as hostile as a tenant can be with what it was handed. */
import { randomInt } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, EventBurst } from '../../lib/index.js';
import type { DomainSpec, Port, TenantDomain, VirtualDeviceHandle } from '../../lib/index.js';
import { BURST, writeEvents } from '../workload.js';

export interface NeighbourData {
  readonly handle: VirtualDeviceHandle;
  readonly isHostile: boolean;
  /** Word 0: whether it may go on. */
  readonly going: Int32Array;
}

const SPEC: DomainSpec = {
  eventsLimit: 2048,
  queues: [{ type: 'atomic' }],
  ports: [{ links: [0], implicitRelease: false }],
};
/** Bursts between two turns of the event loop. */
const STEPS = 200;
/** Requests of a flood, and how much of a second's ration that is. */
const FLOOD = 150;
const SCRIBBLES = 500;
/** One in so many rounds it dies. */
const DEATHS = 40;

const { handle, isHostile, going } = workerData as NeighbourData;
const device = await attachVirtualDevice(handle);
let domain: TenantDomain;
let port: Port;
const burst = new EventBurst(BURST);
const taken = new EventBurst(BURST);

async function begin(): Promise<void> {
  domain = await device.createDomain(SPEC);
  await domain.start();
  port = attachPort(domain.attachment(0));
}

/** What a tenant does that means well. */
function work(): void {
  for (let i = 0; i < STEPS; i++) {
    writeEvents(burst, i * BURST, BURST);
    port.enqueueBurst(burst);
    port.dequeueBurst(taken);
    port.release(taken.length);
  }
}

const DEEDS: readonly (() => unknown)[] = [
  function garbageIds() {
    for (let i = 0; i < STEPS; i++) {
      burst.clear();
      while (burst.length < BURST)
        burst.push({ queueId: randomInt(256), schedType: randomInt(4), op: randomInt(4) });
      port.enqueueBurst(burst);
      port.dequeueBurst(taken);
    }
  },
  /** Takes all credits, and completes nothing. */
  function hoard() {
    for (let i = 0; i < STEPS; i++) {
      writeEvents(burst, i * BURST, BURST);
      port.enqueueBurst(burst);
      if (i % 8 === 0) port.dequeueBurst(taken);
    }
  },
  async function scribble() {
    const words = new Int32Array(domain.attachment(0).memory);
    for (let i = 0; i < SCRIBBLES; i++) words[randomInt(words.length)] = randomInt(2 ** 31);
    for (let i = 0; i < STEPS; i++) port.enqueueBurst(burst);
    // Whatever became of it.
    await domain.close();
    await begin();
  },
  async function flood() {
    await Promise.allSettled(Array.from({ length: FLOOD }, () => device.resources()));
  },
  async function askTooMuch() {
    const wrong = [
      { ...SPEC, eventsLimit: 1e9 },
      { ...SPEC, queues: [] },
      { ...SPEC, colour: 'red' },
      SPEC,
    ] as DomainSpec[];
    await Promise.allSettled(wrong.map((spec) => device.createDomain(spec)));
  },
  function die() {
    if (randomInt(DEATHS) === 0) process.exit(1);
  },
];

const ONLY = process.env["DEED"];
if (ONLY !== undefined) (DEEDS as unknown[]).splice(0, 9, ...DEEDS.filter((d) => d.name === ONLY));
await begin();
for (;;) {
  Atomics.wait(going, 0, 0);
  if (isHostile) {
    work();
    await DEEDS[randomInt(DEEDS.length)]!();
  } else work();
  await turn();
}
