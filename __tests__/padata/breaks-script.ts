/** The process of breaks.test.ts: everybody waits for a pool, then its domain ends in the way that the argument names. */
import type { Worker } from 'node:worker_threads';
import { Domain } from '../../lib/control/index.js';
import { createPadata } from '../../lib/padata/index.js';
import type { Padata } from '../../lib/padata/index.js';
import { DO } from './modules/gated.js';
import { moduleUrl } from './pools.js';

const threads: Worker[] = [];
process.on('worker', (worker) => threads.push(worker));

/** The domain of the pool that is opened next. */
function nextDomain(): Promise<Domain> {
  const start = Reflect.get<Domain, 'start'>(Domain.prototype, 'start');
  return new Promise((resolve) => {
    Domain.prototype.start = function startAndTell(this: Domain) {
      Domain.prototype.start = start;
      resolve(this);
      return start.call(this);
    };
  });
}

const ENDS: Record<string, (domain: Domain) => Promise<unknown>> = {
  stopped: (domain) => domain.stop(),
  closed: (domain) => domain.close(),
  // The scheduler's thread is a pool's first.
  'scheduler died': () => threads[0]!.terminate(),
};

const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };

function waitersOf(pool: Padata): Record<string, Promise<unknown>> {
  const stuck = Uint8Array.of(DO.LATER, 1);
  const streams = Array.from({ length: 4 }, () => pool.stream());
  const [serial, behind, closing, moduleSerial] = streams;
  const waiters = {
    'run, slow source': pool.run(never, () => {}),
    'run, serial pending': serial!.run([Uint8Array.of(DO.TELL)], () => new Promise(() => {})),
    'submit, in hand': behind!.submit(stuck),
    'submit, waiting': Promise.all(Array.from({ length: 9 }, () => behind!.submit(stuck))),
    'stream, closing': closing!.submit(stuck),
    'serial on a worker': moduleSerial!.submit(stuck),
    range: pool.range({ size: 10 }),
    stop: pool.stop(),
  };
  return { ...waiters, close: closing!.close() };
}

async function outcome(promise: Promise<unknown>): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, 10_000, 'pending').unref());
  const settled = promise.then(
    () => 'resolved',
    (error: unknown) => String((error as { code?: unknown }).code),
  );
  return await Promise.race([settled, late]);
}

const finding = nextDomain();
const words = new SharedArrayBuffer(1 << 18);
const options = { module: moduleUrl('gated'), bytes: 8, workers: 2, jobs: 4, streams: 5 };
const pool = await createPadata({ ...options, concurrency: 8, context: { words } });
const waiters = waitersOf(pool);
const outcomes = Object.entries(waiters).map(async ([what, promise]) => [
  what,
  await outcome(promise),
]);
await new Promise((resolve) => setTimeout(resolve, 100));
const end = ENDS[process.argv[2]!]!(await finding);
// At the same time, so that each may meet the other half-way.
if (process.argv[3] === 'closing') void pool.close({ timeoutMs: 10_000 });
await end;
const settled = Object.fromEntries(await Promise.all(outcomes)) as Record<string, string>;
settled['submit, later'] = await outcome(pool.submit(Uint8Array.of(DO.TELL)));
settled['pool.close'] = await outcome(pool.close());
process.stdout.write(JSON.stringify(settled));
