/** The threads of the programs in this folder. Each ends by itself when its domain stops. */
import { workerData } from 'node:worker_threads';
import { attachPort, DlbError, EventBurst, OP } from '../../../lib/index.js';
import type { Port } from '../../../lib/index.js';
import { FLOWS, HOLD, TALLY } from './crew.js';
import type { Orders, Role } from './crew.js';

const BURST = 64;
const orders = workerData as Orders;
const { tally, done, locks, last, events, firstIsAtomic } = orders;
const burst = new EventBurst(BURST);

/** The port, once whoever had it before is known to be gone. */
function attach(): Port {
  for (;;) {
    try {
      return attachPort(orders.attachment);
    } catch (error) {
      if (!(error instanceof DlbError) || error.code !== 'ERR_DLB_PORT_IN_USE') throw error;
      Atomics.wait(tally, TALLY.QUIT, 0, 1);
    }
  }
}

/** Dequeues until the domain is started no more; blocks without limit. */
function eachBurst(port: Port, handle: (count: number) => void): void {
  while (port.state === 'configured' || port.state === 'started') {
    const count = port.dequeueBurst(burst, BURST, Infinity);
    if (count > 0) handle(count);
  }
}

/** Accepts `events` NEW events, payloads in order, then waits to be told to quit. */
function produce(port: Port): void {
  let sent = 0;
  while (sent < events && port.state !== 'closed') {
    burst.clear();
    for (let i = sent; i < events && burst.length < BURST; i++) burst.pushNew(0, i % FLOWS, 0, i);
    const accepted = port.enqueueBurst(burst);
    sent += accepted;
    Atomics.store(tally, TALLY.ACCEPTED, sent);
    if (accepted < burst.length) Atomics.wait(tally, TALLY.QUIT, 0, 1);
    if (Atomics.load(tally, TALLY.QUIT) !== 0) break;
  }
  Atomics.wait(tally, TALLY.QUIT, 0);
}

/** The burst in hand overtakes the first event. */
let overtakes = false;

/**
 * Whoever has the first event of all keeps it until the other has sent some on: so one is overtaken
 * however the threads are scheduled.
 */
function holdFirst(count: number): void {
  for (let i = 0; i < count; i++) {
    if (burst.queueId(i) !== 0 || burst.payload(i) !== 0) continue;
    Atomics.wait(tally, TALLY.OVERTOOK, 0);
    return;
  }
  // After the burst was sent on: see `sendOn`.
  overtakes = Atomics.load(tally, TALLY.OVERTOOK) === 0 && count > 0 && burst.queueId(0) === 0;
}

/** Enqueues the whole burst again. */
function sendOn(port: Port, count: number): void {
  for (let sent = 0; sent < count && port.state === 'started';) {
    sent += port.enqueueBurst(burst, sent);
  }
  if (!overtakes) return;
  overtakes = false;
  Atomics.add(tally, TALLY.OVERTOOK, 1);
  Atomics.notify(tally, TALLY.OVERTOOK);
}

/** Sends everything on to queue 1. */
function forward(port: Port): void {
  eachBurst(port, (count) => {
    holdFirst(count);
    for (let i = 0; i < count; i++) burst.setQueueId(i, 1);
    sendOn(port, count);
  });
}

/** As `forward`; keeps a burst for ever when it is asked to, and tells how many it keeps. */
function mortal(port: Port): void {
  eachBurst(port, (count) => {
    if (Atomics.compareExchange(tally, TALLY.HOLDING, HOLD, count) === HOLD) {
      Atomics.wait(tally, TALLY.QUIT, 0);
    }
    holdFirst(count);
    for (let i = 0; i < count; i++) burst.setQueueId(i, 1);
    sendOn(port, count);
  });
}

/**
 * Two stages, the second atomic, the first atomic or ordered. Takes the lock word of an atomic flow
 * when the first of its events comes into this hand, and gives it back just before the last of them
 * is completed: it must never be found taken. In an atomic queue payloads of a flow only rise, also
 * behind an ordered queue.
 */
function exclusive(port: Port): void {
  const mine = new Int32Array(2 * FLOWS);
  const me = port.id + 1;
  const isLocked = (i: number): boolean => firstIsAtomic || burst.queueId(i) === 1;
  const wordOf = (i: number): number => burst.queueId(i) * FLOWS + burst.flowId(i);
  const complain = (): void => void Atomics.add(tally, TALLY.BROKEN, 1);
  const receive = (i: number): void => {
    const at = wordOf(i);
    if (mine[at]!++ === 0 && Atomics.compareExchange(locks, at, 0, me) !== 0) complain();
    if (last[at]! >= burst.payload(i)) complain();
    last[at] = burst.payload(i);
  };
  const settle = (i: number): void => {
    const at = wordOf(i);
    if (--mine[at]! === 0 && Atomics.compareExchange(locks, at, me, 0) !== me) complain();
  };
  eachBurst(port, (count) => {
    for (let i = 0; i < count; i++) if (isLocked(i)) receive(i);
    if (!firstIsAtomic) holdFirst(count);
    let finished = 0;
    for (let i = 0; i < count; i++) {
      if (burst.queueId(i) === 0) continue;
      Atomics.add(done, burst.payload(i), 1);
      finished++;
    }
    // All locks are held until everything of the burst is done.
    for (let i = 0; i < count; i++) if (isLocked(i)) settle(i);
    for (let i = 0; i < count; i++) {
      if (burst.queueId(i) === 0) burst.setQueueId(i, 1);
      else burst.setOp(i, OP.RELEASE);
    }
    sendOn(port, count);
    Atomics.add(tally, TALLY.DONE, finished);
  });
}

/** Completes one by one; an event counts as done when its completion was taken. */
function complete(port: Port): void {
  eachBurst(port, (count) => {
    for (let i = 0; i < count; i++) {
      port.working(i);
      if (burst.attempts(i) > 0) Atomics.add(tally, TALLY.SUSPECTS, 1);
      if (port.release(1) === 0) return;
      Atomics.add(done, burst.payload(i), 1);
      Atomics.add(tally, TALLY.DONE, 1);
    }
  });
}

/** As `complete`, but counts before it completes: what it did may be done again, never lost. */
function completeLate(port: Port): void {
  eachBurst(port, (count) => {
    for (let i = 0; i < count; i++) {
      port.working(i);
      Atomics.add(done, burst.payload(i), 1);
      if (burst.attempts(i) > 0) Atomics.add(tally, TALLY.SUSPECTS, 1);
    }
    Atomics.add(tally, TALLY.DONE, port.release(count));
  });
}

/** Takes events, does half of them, tells so, and never comes back. */
function hold(port: Port): void {
  let count = 0;
  while (count < 2) {
    port.release(port.outstanding);
    Atomics.add(tally, TALLY.DONE, count);
    count = port.dequeueBurst(burst, BURST, Infinity);
    if (count < 2) for (let i = 0; i < count; i++) Atomics.add(done, burst.payload(i), 1);
  }
  for (let i = 0; i < count >> 1; i++) Atomics.add(done, burst.payload(i), 1);
  port.working(1);
  Atomics.store(tally, TALLY.HOLDING, (count << 20) | burst.payload(1));
  Atomics.wait(tally, TALLY.QUIT, 0);
}

/** Sends what comes straight back to queue 1, one event at a time. */
function echo(port: Port): void {
  eachBurst(port, (count) => {
    for (let i = 0; i < count; i++) burst.setQueueId(i, 1);
    port.enqueueBurst(burst);
  });
}

const ROLES: Record<Role, (port: Port) => void> = {
  produce,
  forward,
  mortal,
  exclusive,
  complete,
  completeLate,
  hold,
  echo,
};

const port = attach();
Atomics.add(tally, TALLY.ATTACHED, 1);
ROLES[orders.role](port);
