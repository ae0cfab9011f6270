/**
 * The worker loopback of DPDK's `sw_evdev_selftest.c`: a producer, a worker, and a scheduler on
 * threads of their own; every event goes round eight queues, sixteen times.
 *
 * Arguments: implicit release (true or false), number of events. The last line of output tells what
 * came of it.
 */
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachPort, EventBurst, OP, openDevice } from '../../lib/index.js';
import type { Port, PortAttachment, QueueSpec } from '../../lib/index.js';

const QUEUES = 8;
const LAPS = 16;
const BURST = 32;
/** As upstream: no progress for that long is a deadlock. */
const STALL_MS = 3000;

interface Orders {
  readonly role: 'produce' | 'work';
  readonly attachment: PortAttachment;
  readonly events: number;
  /** What the worker saw: see SEEN. */
  readonly seen: Int32Array;
}

const SEEN = { FINISHED: 0, REFUSED: 1, HOPS: 2, WORDS: 3 } as const;

export interface Verdict {
  readonly stalled: boolean;
  readonly finished: number;
  readonly refused: number;
  readonly hops: number;
  readonly inflight: number;
  readonly credits: number;
}

if (isMainThread) {
  const [implicitRelease, events] = [process.argv[2] === 'true', Number(process.argv[3])];
  process.stdout.write(`${JSON.stringify(await run(implicitRelease, events))}\n`);
} else {
  const orders = workerData as Orders;
  const port = attachPort(orders.attachment);
  if (orders.role === 'produce') produce(port, orders.events);
  else work(port, orders.events, orders.seen);
}

async function run(implicitRelease: boolean, events: number): Promise<Verdict> {
  const device = await openDevice();
  const depths = { dequeueDepth: 32, enqueueDepth: 64, implicitRelease };
  const domain = await device.createDomain({
    eventsLimit: 4096,
    queues: Array.from({ length: QUEUES }, (): QueueSpec => ({ type: 'atomic', flows: 1024 })),
    ports: [
      { ...depths, newEventThreshold: 512 },
      { ...depths, newEventThreshold: 4096, links: Array.from({ length: QUEUES }, (_, i) => i) },
    ],
  });
  const seen = new Int32Array(new SharedArrayBuffer(SEEN.WORDS * 4));
  const exits = (['produce', 'work'] as const).map((role, port) => {
    const orders: Orders = { role, attachment: domain.attachment(port), events, seen };
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: orders });
    return new Promise((resolve) => worker.once('exit', resolve));
  });
  await domain.start();
  let running = true;
  const ended = Promise.all(exits).then(() => (running = false));
  let last = { tx: -1, at: performance.now() };
  while (running && performance.now() - last.at < STALL_MS) {
    const { tx } = domain.stats();
    if (tx !== last.tx) last = { tx, at: performance.now() };
    await Promise.race([ended, sleep(50)]);
  }
  if (running) process.stderr.write(domain.dump());
  // The last completions may lie in the ring still.
  for (let ms = 0; !running && ms < STALL_MS && domain.stats().inflight > 0; ms++) await sleep(1);
  const { inflight, creditsFree, ports } = domain.stats();
  const credits = ports.reduce((sum, port) => sum + port.credits, creditsFree + inflight);
  await device.close();
  return {
    stalled: running,
    finished: seen[SEEN.FINISHED]!,
    refused: seen[SEEN.REFUSED]!,
    hops: seen[SEEN.HOPS]!,
    inflight,
    credits,
  };
}

/** NEW events to queue 0, one by one, retried while refused. */
function produce(port: Port, events: number): void {
  const burst = new EventBurst(1);
  for (let i = 0; i < events; i++) {
    burst.clear();
    // Upstream: the low 16 bits of a buffer's address; buffers are 2 KB apart and come round.
    burst.pushNew(0, (i * 2048 + (i >> 5)) & 0xffff, 0, i);
    while (port.enqueueBurst(burst) !== 1 && port.state === 'started') port.awaitCredits(1, 1);
  }
}

/** Each event from queue to queue, by one call each; laps are counted in its payload. */
function work(port: Port, events: number, seen: Int32Array): void {
  const burst = new EventBurst(BURST);
  for (let finished = 0; finished < events && port.state !== 'closed';) {
    const count = port.dequeueBurst(burst, BURST, 100);
    for (let i = 0; i < count; i++) {
      const next = (burst.queueId(i) + 1) % QUEUES;
      burst.setQueueId(i, next);
      if (next === 0) burst.setPayloadHigh(i, burst.payloadHigh(i) + 1);
      const isOver = burst.payloadHigh(i) === LAPS;
      burst.setOp(i, isOver ? OP.RELEASE : OP.FORWARD);
      if (port.enqueueBurst(burst, i, 1) !== 1) seen[SEEN.REFUSED]!++;
      if (isOver) finished++;
    }
    seen[SEEN.HOPS] = seen[SEEN.HOPS]! + count;
    seen[SEEN.FINISHED] = finished;
  }
}
