/**
 * One device, two tenants. The good one sends events through an ordered queue and looks at what comes back; the bad one
 * does whatever it can with what it was handed, and dies again and again.
 *
 * Arguments: seed, least number of events. The last line of output is a TenantFindings.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { openDevice } from '../../lib/index.js';
import type { VirtualDevice } from '../../lib/index.js';
import { Random } from '../stress/random.js';
import { SHARED } from './two-tenants.js';
import type { GoodReport, TenantFindings, TenantOrders } from './two-tenants.js';

const seed = Number(process.argv[2]);
const eventsMin = Number(process.argv[3]);
const DEATHS_MIN = 6;
const CUT_OFFS_MIN = 2;
/** A bad tenant that has not died by then is ended: longer than a life takes. */
const LIFE_MS = 4000;

const QUOTA = { domains: 2, queues: 8, ports: 8, credits: 512, historyEntries: 1 << 16 };
const random = new Random(seed);
const shared = new Int32Array(new SharedArrayBuffer(SHARED.WORDS * 4));
const thrown: string[] = [];
let deaths = 0;
let cutOffs = 0;

function hire(role: TenantOrders['role'], vdev: VirtualDevice): Worker {
  const { handle, transferList } = vdev;
  const workerData: TenantOrders = { role, handle, seed: random.word(), shared };
  const stdio = { stdout: true, stderr: true };
  return new Worker(new URL('tenant.js', import.meta.url), { workerData, transferList, ...stdio });
}

const device = await openDevice();
const before = JSON.stringify(device.resources());
const goodDevice = await device.createVirtualDevice({ name: 'good', quota: QUOTA });
const badDevice = await device.createVirtualDevice({ name: 'bad', quota: QUOTA, onDeath: 'keep' });
const good = hire('good', goodDevice);
good.on('error', (error) => thrown.push(String(error)));
const goodEnd = once(good, 'exit');
const reported = once(good, 'message') as Promise<[GoodReport]>;

/** From birth to death, by its own hand or ours. */
async function live(): Promise<void> {
  const worker = hire('bad', badDevice);
  let isGone = false;
  // It may throw what it likes.
  worker.on('error', () => {});
  worker.once('exit', () => (isGone = true));
  const until = performance.now() + LIFE_MS;
  const isOver = (): boolean =>
    isGone || badDevice.state === 'cut-off' || Atomics.load(shared, SHARED.IS_STUCK) !== 0;
  while (!isOver() && performance.now() < until) await sleep(2);
  if (badDevice.state === 'cut-off') cutOffs++;
  await worker.terminate();
  Atomics.store(shared, SHARED.IS_STUCK, 0);
  deaths++;
  await badDevice.renew();
}

function isEnough(): boolean {
  const received = Atomics.load(shared, SHARED.RECEIVED);
  return received >= eventsMin && deaths >= DEATHS_MIN && cutOffs >= CUT_OFFS_MIN;
}

while (thrown.length === 0 && !isEnough()) await live();
Atomics.store(shared, SHARED.QUIT, 1);
const [report] = thrown.length === 0 ? await reported : [null];
await goodEnd;
await badDevice.close();
await goodDevice.close();
const findings: TenantFindings = {
  seed,
  good: report as GoodReport,
  thrown,
  deaths,
  cutOffs,
  deeds: Atomics.load(shared, SHARED.DEEDS),
  resetsFailed: Atomics.load(shared, SHARED.RESETS_FAILED),
  isWhole: JSON.stringify(device.resources()) === before,
  domainsLeft: device.domains().length,
};
await device.close();
process.stdout.write(`${JSON.stringify(findings)}\n`);
