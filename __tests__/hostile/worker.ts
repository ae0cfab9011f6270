/** The threads of the program: one that is hostile, those beside it, and those of the other domain. */
import { workerData } from 'node:worker_threads';
import { attachPort, DlbError, EventBurst } from '../../lib/index.js';
import type { Port } from '../../lib/index.js';
import { Random } from '../stress/random.js';
import { TALLY } from './roles.js';
import type { Orders } from './roles.js';
import { Vandal } from './vandal.js';

const { role, attachment, seed, tally } = workerData as Orders;
const random = new Random(seed);
const burst = new EventBurst(64);
/** How long the vandal does one thing, about. */
const MOOD_MS = 40;

function isOver(): boolean {
  return Atomics.load(tally, TALLY.QUIT) !== 0;
}

function sleep(ms: number): void {
  Atomics.wait(tally, TALLY.QUIT, 0, ms);
}

/** One thing for some time: words of all kinds, the bell in several ways, or nothing. */
function destroy(): void {
  const vandal = new Vandal(attachment, random);
  const bell = new Int32Array(attachment.bell);
  const value = random.word();
  const acts = [
    () => vandal.strike(),
    () => vandal.strike(),
    () => vandal.strike(),
    () => vandal.fill(),
    () => sleep(1),
    () => void Atomics.store(bell, 0, 0),
    () => void Atomics.store(bell, 0, value),
    () => void (bell[0] = random.word()),
    () => void Atomics.add(bell, 0, random.within(-1, 1)),
    () => void Atomics.notify(bell, 0),
  ];
  while (!isOver()) {
    const act = random.pick(acts);
    // Some things are worse when done without pause, others when somebody else has the core.
    const restless = random.onceIn(2);
    const until = performance.now() + random.below(2 * MOOD_MS);
    while (performance.now() < until) {
      for (let i = 0; i < 32; i++) act();
      Atomics.add(tally, TALLY.STRIKES, 32);
      if (!restless) sleep(0.1);
    }
  }
}

/** Whoever raises the bell has raised it for nothing. */
function silence(): void {
  const bell = new Int32Array(attachment.bell);
  while (!isOver()) {
    for (let i = 0; i < 1000; i++) Atomics.store(bell, 0, 0);
    Atomics.add(tally, TALLY.STRIKES, 1000);
  }
}

/** Works on a port of the hostile domain as if all were well; takes it anew whenever it is lost. */
function work(): void {
  let port: Port | null = null;
  while (!isOver()) {
    if (port === null || port.state !== 'started') {
      port?.detach();
      port = tryAttach();
      sleep(1);
      continue;
    }
    Atomics.add(tally, TALLY.CALLS, 1);
    burst.clear();
    for (let i = 0; i < 16; i++) burst.pushNew(i & 3, random.below(9), 0, i);
    port.enqueueBurst(burst);
    if (random.onceIn(4)) port.awaitCredits(4, 1);
    const got = port.dequeueBurst(burst, 64, random.below(3));
    Atomics.add(tally, TALLY.GOT, got);
    for (let i = 0; i < got; i++) burst.setQueueId(i, random.below(4));
    if (random.onceIn(2)) port.enqueueBurst(burst);
    else port.release(got);
    const handle = port.buffers?.alloc() ?? -1;
    port.buffers?.view(handle).fill(1);
    port.buffers?.free(handle);
  }
}

function tryAttach(): Port | null {
  try {
    return attachPort(attachment);
  } catch (error) {
    if (error instanceof DlbError) return null;
    throw error;
  }
}

/** Sends everything on to queue 1, until its domain stops. */
function forward(): void {
  const port = attachPort(attachment);
  while (port.state === 'configured' || port.state === 'started') {
    const got = port.dequeueBurst(burst, random.within(1, 64), 1000);
    for (let i = 0; i < got; i++) burst.setQueueId(i, 1);
    port.enqueueBurst(burst);
  }
}

({ vandal: destroy, silencer: silence, innocent: work, forward })[role]();
