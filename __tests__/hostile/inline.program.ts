/**
 * Hostile memory, step by step: between the passes of a device with two domains, everything that a
 * thread of one of them could write is overwritten. The other domain has to be exactly as it is
 * beside a quiet neighbour.
 *
 * Arguments: the first seed, and how many. Runs in a thread, so that a call which never returns is
 * found as well: by the main thread, which looks whether the seed changes.
 */
import assert from 'node:assert/strict';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { attachPort, DlbError, EventBurst, OP, openDevice } from '../../lib/index.js';
import type { Device, Domain, DomainSpec, Port } from '../../lib/index.js';
import { Random } from '../stress/random.js';
import { Vandal } from './vandal.js';

const ROUNDS = 24;
/** A seed takes a few milliseconds. */
const STUCK_MS = 10_000;
const ARGUMENTS = process.argv.slice(2);

const SPEC: DomainSpec = {
  eventsLimit: 16,
  queues: [
    { type: 'atomic', flows: 4 },
    { type: 'ordered', sequences: 4 },
    { type: 'parallel', priority: 7 },
    { type: 'directed' },
  ],
  ports: [
    { newEventThreshold: 12 },
    { links: [0, { queue: 1, priority: 3 }], dequeueDepth: 4, implicitRelease: false },
    { links: [0, 1, 2], dequeueDepth: 8 },
    { links: [2, 3], dequeueDepth: 1, implicitRelease: false },
  ],
};
/** The same number of queues and ports, with everything that a queue or a port can be asked for. */
const RICH: DomainSpec = {
  eventsLimit: 16,
  queues: [
    { type: 'any', flows: 4, sequences: 4, fragments: 3 },
    { type: 'ordered', scope: 'flow', flows: 4, sequences: 4, fragments: 2 },
    { type: 'parallel' },
    { type: 'directed', fragments: 2 },
  ],
  ports: [
    {},
    { links: [0, { queue: 1, priority: 3 }], independentEnqueue: true, implicitRelease: false },
    { links: [0, 1, 2], dequeueDepth: 8, independentEnqueue: true },
    { links: [2, 3], dequeueDepth: 1 },
  ],
  buffers: { count: 5, bytes: 8, reserve: 1 },
};

interface Party {
  readonly domain: Domain;
  readonly ports: Port[];
}

async function partyOn(device: Device, spec: DomainSpec): Promise<Party> {
  const domain = await device.createDomain(spec);
  await domain.start();
  return { domain, ports: SPEC.ports.map((_, id) => attachPort(domain.attachment(id))) };
}

/** One call on a random port, as an innocent thread makes it. Tells what came of it. */
function work({ ports }: Party, random: Random, burst: EventBurst): number[] {
  const port = random.pick(ports);
  if (random.onceIn(3)) {
    burst.clear();
    const count = random.within(1, 6);
    for (let i = 0; i < count; i++) {
      burst.pushNew(random.below(4), random.below(9), random.below(3), i);
      if (random.onceIn(8)) burst.setOp(i, OP.FRAGMENT);
    }
    return [port.id, port.enqueueBurst(burst), port.refusal];
  }
  const got = port.dequeueBurst(burst, random.within(1, burst.capacity));
  const came = Array.from(burst.words.subarray(0, got * 4));
  if (random.onceIn(3)) return [port.id, port.release(random.below(5)), ...came];
  for (let i = 0; i < got; i++) {
    burst.setQueueId(i, random.below(4));
    if (random.onceIn(4)) burst.setOp(i, random.below(4));
  }
  return [port.id, port.enqueueBurst(burst), port.outstanding, ...came];
}

/** Uses buffers of memory that may be full of nonsense. */
function useBuffers(port: Port, random: Random): void {
  const handle = port.buffers?.alloc() ?? -1;
  port.buffers?.view(handle).fill(1);
  if (random.onceIn(2)) port.buffers?.free(handle);
}

/** What its creator does with a domain whose memory may be full of nonsense. */
async function manage(party: Party, random: Random): Promise<void> {
  const { domain, ports } = party;
  const stats = domain.stats();
  assert(areNumbers(stats), 'a count is not a number');
  // Whatever the words say, there are not more credits than there were.
  assert(stats.creditsFree <= SPEC.eventsLimit);
  if (random.onceIn(3)) {
    await domain.stop(() => {});
    await domain.start();
  }
  const id = random.below(ports.length);
  if (random.onceIn(2)) ports[id]!.detach();
  else await domain.reclaim(id);
  try {
    ports[id] = attachPort(domain.attachment(id));
  } catch (error) {
    // The words say that the port has an owner, or that this is no domain memory.
    assert(error instanceof DlbError);
  }
}

/** Whether all that is in there, at any depth, is a finite number. */
function areNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Number.isFinite(value);
  return Object.values(value).every(areNumbers);
}

async function runSeed(seed: number): Promise<void> {
  const device = await openDevice({ scheduling: 'inline' });
  const twinDevice = await openDevice({ scheduling: 'inline' });
  const random = new Random(seed);
  const hostile = await partyOn(device, random.pick([SPEC, RICH]));
  const calm = await partyOn(twinDevice, SPEC);
  const same = random.pick([SPEC, RICH]);
  const [quiet, twin] = [await partyOn(device, same), await partyOn(twinDevice, same)];
  const [itsRandom, twinRandom] = [new Random(~seed), new Random(~seed)];
  const burst = new EventBurst(8);
  const vandal = new Vandal(hostile.domain.attachment(0), random);
  const strikes = random.pick([1, 4, 30]);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 4; i++) work(hostile, random, burst);
    useBuffers(random.pick(hostile.ports), random);
    for (let i = random.below(strikes + 1); i > 0; i--) vandal.strike();
    if (random.onceIn(100)) vandal.fill();
    for (let i = 0; i < 3; i++) {
      const itCame = work(quiet, itsRandom, burst).join();
      const twinCame = work(twin, twinRandom, burst).join();
      assert.equal(itCame, twinCame);
    }
    device.schedule();
    twinDevice.schedule();
    if (random.onceIn(6)) {
      const { passes } = quiet.domain.stats();
      await manage(hostile, random);
      // A stop makes a pass over all domains, and that looks at all ports.
      if (quiet.domain.stats().passes > passes) {
        await calm.domain.stop();
        await calm.domain.start();
      }
    }
  }
  assert.deepEqual(quiet.domain.stats(), twin.domain.stats());
  // Given up is a domain in which the scheduler threw: then this is refused.
  hostile.domain.attachment(0);
  if (random.onceIn(2)) await hostile.domain.stop(() => {});
  await hostile.domain.close();
  assert.deepEqual(await quiet.domain.stop(), await twin.domain.stop());
  await device.close();
  await twinDevice.close();
}

/** [seed under way]. */
const progress = isMainThread
  ? new Int32Array(new SharedArrayBuffer(4))
  : (workerData as { progress: Int32Array }).progress;

async function runSeeds(first: number, count: number): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    progress[0] = seed;
    try {
      await runSeed(seed);
    } catch (error) {
      throw new Error(`seed=${seed}`, { cause: error });
    }
  }
}

/** Ends the process when a seed takes too long. */
function watch(): void {
  let seen = -1;
  const look = (): void => {
    const seed = Atomics.load(progress, 0);
    if (seed === seen) {
      process.stderr.write(`seed=${seed}: has not come to an end\n`);
      process.exit(1);
    }
    seen = seed;
  };
  const timer = setInterval(look, STUCK_MS);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { progress },
    argv: ARGUMENTS,
  });
  worker.once('exit', (code) => {
    clearInterval(timer);
    process.exitCode = code;
    if (code === 0) process.stdout.write(`${JSON.stringify({ seeds: Number(ARGUMENTS[1]) })}\n`);
  });
}

if (isMainThread) watch();
else await runSeeds(Number(ARGUMENTS[0]), Number(ARGUMENTS[1]));
