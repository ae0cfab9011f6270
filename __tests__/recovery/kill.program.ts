/** The scheduler worker is killed at random, again and again, under load: every event is accounted for. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { attachPort, EventBurst, openDevice } from '../../lib/index.js';
import type { DomainSpec, PortSpec } from '../../lib/index.js';
import { FLOWS, ledger, STAGES, TALLY } from './ledger.js';
import type { Orders } from './port-thread.js';
import { generator } from './random.js';

const [name, seed, kills] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const EVENTS_MAX = 400_000;

const port: PortSpec = { links: [0, 1], implicitRelease: false };
const ports: PortSpec[] = [{}, port, port, port];
const buffers = { count: 64, bytes: 64 };
const SHAPES: Record<string, Omit<DomainSpec, 'eventsLimit'>> = {
  atomic: { queues: [{ type: 'atomic', flows: 64 }, { type: 'atomic' }], ports, buffers },
  ordered: { queues: [{ type: 'ordered', sequences: 64 }, { type: 'parallel' }], ports },
  flows: {
    queues: [{ type: 'ordered', scope: 'flow', flows: 64 }, { type: 'directed' }],
    ports: [{}, { ...port, links: [0] }, { ...port, links: [0] }, port],
  },
  any: { queues: [{ type: 'any', flows: 64 }, { type: 'any' }], ports },
  pieces: {
    queues: [{ type: 'ordered', sequences: 64, fragments: 3 }, { type: 'atomic' }],
    ports,
  },
  independent: {
    queues: [{ type: 'atomic' }, { type: 'parallel' }],
    ports: ports.map((each) => ({ ...each, independentEnqueue: true })),
  },
};

const random = generator(seed);
const mine = new Set<Worker>();
const exits: Promise<unknown>[] = [];
/** The scheduler that runs now. */
let scheduler: Worker | null = null;
process.on('worker', (worker: Worker) =>
  setImmediate(() => {
    if (!mine.has(worker)) scheduler = worker;
  }),
);

const device = await openDevice({ schedulerRestarts: 1000 });
const shape = SHAPES[name]!;
const domain = await device.createDomain({ ...shape, eventsLimit: 256 });
const book = ledger(EVENTS_MAX);
const { accepted, done, reported, tally } = book;
const producer = attachPort(domain.attachment(0));
const isAtomic = shape.queues[0]!.type === 'atomic';
shape.ports.slice(1).forEach((spec, i) => {
  const orders: Orders = {
    attachment: domain.attachment(i + 1),
    ledger: book,
    next: 1,
    pieces: (shape.queues[0]!.fragments ?? 1) - 1,
    isAtomic: isAtomic && spec.independentEnqueue !== true,
    isIndependent: spec.independentEnqueue === true,
  };
  const worker = new Worker(new URL('./port-thread.js', import.meta.url), { workerData: orders });
  mine.add(worker);
  exits.push(once(worker, 'exit'));
  domain.bind(i + 1, worker);
});

let broken = 0;
let recovered = 0;
const whys = new Set<unknown>();
let last: number[] = [];
domain.onRecovery((events, { reason }) => {
  whys.add(reason.details['why']);
  for (let i = 0; i < events.length; i++) {
    const payload = events.payload(i);
    reported[payload]!++;
    recovered++;
    if (payload % STAGES !== 0 || name === 'any' || name === 'independent') continue;
    // Of one recovery the events of a flow come in order.
    if (last[events.flowId(i)]! > payload) broken++;
    last[events.flowId(i)] = payload;
  }
});
await domain.start();

const burst = new EventBurst(32);
let next = 0;
function produce(): void {
  burst.clear();
  for (let i = 0; i < 32 && next + i < EVENTS_MAX; i++) {
    const flowId = (next + i) % FLOWS;
    const schedType = random(3);
    burst.push({ queueId: 0, flowId, schedType, payload: (next + i) * STAGES, priority: 128 });
  }
  const sent = producer.enqueueBurst(burst);
  for (let i = 0; i < sent; i++) accepted[burst.payload(i)]!++;
  next += sent;
}

/** Traffic until something has come true; a hang is ended by whoever started this process. */
async function workUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    produce();
    await (producer.refusal === 0 ? new Promise(setImmediate) : sleep(1));
  }
}

let died = 0;
for (let kill = 0; kill < kills; kill++) {
  last = Array.from({ length: FLOWS }, () => -1);
  const before = Atomics.load(tally, TALLY.DONE);
  const more = random(400);
  await workUntil(() => scheduler !== null && Atomics.load(tally, TALLY.DONE) - before >= more);
  // At any moment: in a pass, in a park, before it has begun.
  const victim = scheduler!;
  scheduler = null;
  for (let spin = random(20_000); spin > 0; spin--) random(2);
  victim.once('exit', () => died++);
  void victim.terminate();
  if (random(4) === 0) await domain.disablePort(1).then(() => domain.enablePort(1));
}
await workUntil(() => died === kills && domain.recoveries >= kills);
const before = Atomics.load(tally, TALLY.DONE);
await workUntil(() => Atomics.load(tally, TALLY.DONE) - before >= 2000);
const stats = domain.stats();
let flushed = 0;
await domain.stop((events) => {
  for (let i = 0; i < events.length; i++) {
    reported[events.payload(i)]!++;
    flushed++;
  }
});
Atomics.store(tally, TALLY.QUIT, 1);
const free = domain.stats().creditsFree;
await domain.close();
await Promise.all(exits);
await device.close();

let lost = 0;
let twice = 0;
let unknown = 0;
for (let payload = 0; payload < accepted.length; payload++) {
  const ends = done[payload]! + reported[payload]!;
  if (accepted[payload]! > 1 || ends > accepted[payload]!) twice++;
  if (ends < accepted[payload]!) lost++;
  if (ends > 0 && accepted[payload] === 0) unknown++;
}
broken += Atomics.load(tally, TALLY.BROKEN);
console.log(
  JSON.stringify({
    lost,
    twice,
    unknown,
    broken,
    free,
    dropped: stats.dropped,
    recoveries: domain.recoveries,
    whys: [...whys],
    recovered,
    flushed,
    accepted: next,
    done: Atomics.load(tally, TALLY.DONE),
  }),
);
