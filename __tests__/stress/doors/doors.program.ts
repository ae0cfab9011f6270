/**
 * A device with two tenants and both doors. One tenant sends everything there is; the other one asks, and is answered
 * in time. argv: seed, milliseconds. Writes a report.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { openDevice } from '../../../lib/index.js';
import type { VirtualDevice } from '../../../lib/index.js';
import { Random } from '../random.js';
import type { Neighbourly } from './neighbour.js';
import type { IntruderData, Knocks } from './intruder.js';
import type { DoorsReport } from './run-doors.js';

const [seed = 1, ms = 1000] = process.argv.slice(2).map(Number);
const random = new Random(seed);
const QUOTA = { domains: 2, queues: 4, ports: 4, credits: 64, historyEntries: 1024 };
/** How long an intruder goes on; then the next one comes. */
const VISIT_MS = 1500;

const folder = mkdtempSync(join(tmpdir(), 'dlb-'));
process.env['XDG_RUNTIME_DIR'] = folder;
const device = await openDevice({ control: { http: 0 } });
const before = JSON.stringify(device.resources());
const cutOffs: Record<string, number> = {};
const good = await device.createVirtualDevice({ quota: QUOTA, onDeath: 'keep' });
const bad = await device.createVirtualDevice({
  quota: QUOTA,
  onDeath: 'keep',
  onCutOff: ({ details }) => {
    const cause = String(details['cause']);
    cutOffs[cause] = (cutOffs[cause] ?? 0) + 1;
  },
});

/** A thread whose last word is its report. */
function thread(name: string, workerData: unknown, { transferList }: VirtualDevice): Worker {
  return new Worker(new URL(`${name}.js`, import.meta.url), { workerData, transferList });
}

function told<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a thread ended without a word')));
  });
}

async function visit(): Promise<Knocks> {
  const { controlSocket: socket, controlAddress: address } = device;
  const handle = await bad.renew();
  const visitMs = Math.min(VISIT_MS, ms);
  const data = { seed: random.word(), handle, socket: socket!, address: address!, visitMs };
  const intruder = thread('intruder', data satisfies IntruderData, bad);
  const report = told<Knocks>(intruder);
  const knocks = await report.catch(() => null);
  if (random.onceIn(2)) await intruder.terminate();
  return knocks ?? { letters: 0, unsendable: 0, requests: 0, connections: 0 };
}

const neighbour = thread('neighbour', good.handle, good);
await told(neighbour);
// How long a process is kept from its turn by nothing but the machine.
const bystander = fork(new URL('bystander.js', import.meta.url));
await once(bystander, 'message');
const turns = monitorEventLoopDelay({ resolution: 2 });
turns.enable();
const knocks: Knocks = { letters: 0, unsendable: 0, requests: 0, connections: 0 };
for (const until = performance.now() + ms; performance.now() < until;) {
  const more = await visit();
  for (const name of Object.keys(more) as (keyof Knocks)[]) knocks[name] += more[name];
}
turns.disable();
bystander.send('end');
const [machineMs] = (await once(bystander, 'message')) as [number];
neighbour.postMessage('end');
const { slowestMs, ...its } = await told<Neighbourly>(neighbour);
await bad.close();
await good.close();
// What was applied through the socket is the owner's.
await Promise.all(device.domains().map((domain) => domain.close()));
const report: DoorsReport = {
  seed,
  slowestMs,
  turnMs: turns.max / 1e6,
  machineMs,
  neighbour: its,
  knocks,
  cutOffs,
  isWhole: JSON.stringify(device.resources()) === before,
};
await device.close();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(JSON.stringify(report));
