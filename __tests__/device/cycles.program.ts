/** Opens and closes devices with work on them; tells what each cycle left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';

const CYCLES = Number(process.argv[2]);
const TASKS = '/proc/self/task';

async function cycle(): Promise<void> {
  const device = await openDevice({ schedulers: 2 });
  const domains = [1, 2].map(() =>
    device.createDomain({
      eventsLimit: 16384,
      queues: [{ type: 'atomic' }, { type: 'ordered' }],
      ports: [{ links: [0, 1] }, { links: [0] }],
      buffers: { count: 64, bytes: 65536 },
    }),
  );
  const burst = new EventBurst(64);
  for (const creating of domains) {
    const domain = await creating;
    const port = attachPort(domain.attachment(0));
    const bystander = new Worker('', { eval: true });
    domain.bind(1, bystander);
    await domain.start();
    burst.clear();
    for (let i = 0; i < 64; i++) burst.pushNew(i & 1, i, 0, i);
    port.enqueueBurst(burst);
    await port.ready();
    // Waits that nobody ends but the close.
    void port.ready({ depth: 4096, withinMs: 2 ** 31 });
    await bystander.terminate();
  }
  await device.close();
}

const left = (): { threads: number; resources: string[]; external: number } => {
  globalThis.gc?.();
  const { external, arrayBuffers } = process.memoryUsage();
  return {
    threads: existsSync(TASKS) ? readdirSync(TASKS).length : 0,
    resources: process.getActiveResourcesInfo().toSorted(),
    external: external + arrayBuffers,
  };
};

/** Threads end and memory comes back a little after those who asked for it were told. */
async function settled(): Promise<ReturnType<typeof left>> {
  let now = left();
  for (let look = 0; look < 50; look++) {
    await sleep(20);
    const next = left();
    if (next.external >= now.external && look > 10) return next;
    now = next;
  }
  return now;
}

await cycle();
const first = await settled();
for (let i = 1; i < CYCLES; i++) await cycle();
const last = await settled();
process.stdout.write(`${JSON.stringify({ first, last })}\n`);
