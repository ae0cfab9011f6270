/**
 * Ports of the thread that makes the passes use plain accesses, those of other threads Atomics; a port
 * may go from one to the other.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst } from '../../lib/index.js';
import type { Port } from '../../lib/index.js';
import { domainLayout, HEADER, PORT } from '../../lib/memory/layout.js';
import { attachFar, drain, expectCreditsSumUp, expectEmpty } from '../contracts/harness.js';
import { forward, fresh, inlineDevice, rig, send } from '../contracts/harness.js';
import { sendAll, take, took, upTo } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const TYPES = ['atomic', 'ordered'] as const;

/** A thread that there is not, as it stands in OWNER. */
const STRANGER = 1000;

/** Where it stands in domain memory who has a port. */
function ownerOf({ domain }: Rig, id: number): { words: Int32Array; at: number } {
  const { memory, shape } = domain.attachment(id);
  return { words: new Int32Array(memory), at: domainLayout(shape).ports[id]!.at + PORT.OWNER };
}

/** Attaches a port as this thread has it, or as another would; then the scheduler thinks so too. */
function attach(r: Rig, id: number, near: boolean): Port {
  if (near) return attachPort(r.domain.attachment(id));
  const port = attachFar(r.domain, id);
  const { words, at } = ownerOf(r, id);
  words[at] = STRANGER;
  return port;
}

function detach(r: Rig, id: number): void {
  r.ports[id]!.detach();
  const { words, at } = ownerOf(r, id);
  words[at] = 0;
}

/** The ports that rang since the last pass: near ones, far ones. */
function rang({ domain }: Rig): { near: number; far: number } {
  const words = new Int32Array(domain.attachment(0).memory);
  return { near: words[HEADER.NEAR_DOORBELL]!, far: words[HEADER.DOORBELL]! };
}

/** Queue 0 goes to port 1, queue 1 to port 0; port 1 is a far one. */
async function pair(type: (typeof TYPES)[number]): Promise<Rig> {
  const ports = [{ links: [1] }, { links: [0] }];
  const r = await rig({ eventsLimit: 128, queues: [{ type }, { type }], ports, attach: [0] });
  r.ports[1] = attach(r, 1, false);
  r.pass();
  return r;
}

test('a port is near if this thread attached it, and far if another did', async () => {
  const r = await pair('atomic');
  expect(rang(r)).toEqual({ near: 0, far: 0 });
  send(r.ports[0]!, {});
  expect(rang(r)).toEqual({ near: 1, far: 0 });
  send(r.ports[1]!, {});
  expect(rang(r)).toEqual({ near: 1, far: 2 });
  r.pass();
  expect(rang(r)).toEqual({ near: 0, far: 0 });
});

test.each(TYPES)('a near and a far port exchange events both ways: %s', async (type) => {
  const r = await pair(type);
  const [near, far] = r.ports as [Port, Port];
  for (let round = 0; round < 50; round++) {
    const first = round * 10;
    sendAll(r, near, fresh(10, { queueId: 0, flowId: round % 3 }, first));
    sendAll(r, far, fresh(5, { queueId: 1, flowId: round % 3 }, first));
    r.pass();
    const there = take(far);
    const here = take(near);
    expect([there.length, here.length]).toEqual([10, 5]);
    for (let i = 0; i < 10; i++) expect(forward(far, there, i, 1)).toBe(1);
    for (let i = 0; i < 5; i++) expect(forward(near, here, i, 0)).toBe(1);
    r.pass();
    expect(took(near)).toEqual(upTo(10, first));
    expect(took(far)).toEqual(upTo(5, first));
    expectCreditsSumUp(r);
    near.release(10);
    far.release(5);
    r.pass();
  }
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test.each(TYPES)('events go with a port from near to far and back, in order: %s', async (type) => {
  const r = await pair(type);
  send(r.ports[0]!, ...fresh(40, { flowId: 3 }));
  let first = 0;
  for (const near of [true, false, true, false, false, true, true]) {
    detach(r, 1);
    // With a pass in between, or without.
    if (first % 10 === 0) r.pass();
    r.ports[1] = attach(r, 1, near);
    r.pass(2);
    expect(took(r.ports[1], 8)).toEqual(upTo(8, first));
    // What it completes and enqueues counts, what it still has goes on to the next.
    expect(r.ports[1].release(5)).toBe(5);
    sendAll(r, r.ports[1], [{ queueId: 1, payload: first }]);
    first += 5;
    expectCreditsSumUp(r);
  }
  const [here, there] = drain(r);
  // Three of them are in hand still.
  expect(there).toEqual(upTo(37 - first, first + 3));
  expect(here).toEqual(upTo(7).map((i) => 5 * i));
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test.each([
  ['far', true, false],
  ['near', false, true],
])('what a reclaimed port held is had by its next owner, a %s one', async (_, before, after) => {
  const r = await pair('atomic');
  detach(r, 1);
  r.ports[1] = attach(r, 1, before);
  r.pass();
  send(r.ports[0]!, ...fresh(6, { flowId: 1 }));
  r.pass();
  expect(took(r.ports[1], 4)).toEqual([0, 1, 2, 3]);
  r.ports[1].release(1);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 5 });
  expectCreditsSumUp(r);
  const gone = r.ports[1];
  r.ports[1] = attach(r, 1, after);
  expect([gone.state, gone.release(1), send(gone, {})]).toEqual(['disabled', 0, 0]);
  r.pass();
  expect(took(r.ports[1])).toEqual([1, 2, 3, 4, 5]);
  r.ports[1].release(5);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test.each([
  ['near', true],
  ['far', false],
])('counts are exact after each pass of an inline device, with a %s port', async (_, near) => {
  const r = await pair('atomic');
  detach(r, 1);
  r.ports[1] = attach(r, 1, near);
  r.pass();
  const { domain } = r;
  for (let round = 1; round <= 5; round++) {
    const began = domain.stats().passes;
    send(r.ports[0]!, ...fresh(4, { flowId: 1 }));
    expect(r.device.schedule()).toBe(4);
    // All but the first two of each round stay with it.
    const held = 4 * round - 2 * (round - 1);
    const { rx, tx, inflight, passes, ports, queues } = domain.stats();
    expect([rx, tx, inflight, passes - began]).toEqual([4 * round, 4 * round, held, 1]);
    expect([ports[0]!.rx, ports[1]!.tx, ports[1]!.inflight]).toEqual([rx, tx, held]);
    expect(queues[0]!.pinned).toEqual([{ port: 1, flows: 1, events: held }]);
    expect(took(r.ports[1])).toHaveLength(4);
    r.ports[1].release(2);
    r.device.schedule();
    expect(domain.xstats('queue', 0)).toContain(held - 2);
    expect(domain.xstats('device').slice(0, 2)).toEqual([4 * round, 4 * round]);
    expect(domain.dump()).toContain(`  counts    rx ${4 * round}, tx ${4 * round}, dropped 0\n`);
    expect(domain.dump()).toContain(`  holds     inflight ${held - 2}, `);
    expectCreditsSumUp(r);
  }
});

const EVENTS = 20_000;
const FLOWS = 8;
const BURST = 32;

test('what a worker sends back comes once, each flow in its order', async () => {
  const device = await inlineDevice();
  const domain = await device.createDomain({
    eventsLimit: 256,
    queues: [{ type: 'atomic' }, { type: 'atomic' }],
    ports: [{ links: [1] }, { links: [0], implicitRelease: false }],
  });
  const worker = new Worker(new URL('echo-worker.js', import.meta.url), {
    workerData: domain.attachment(1),
  });
  const exited = once(worker, 'exit');
  const near = attachPort(domain.attachment(0));
  await domain.start();
  const flows = upTo(FLOWS).map((): number[] => []);
  const burst = new EventBurst(BURST);
  for (let sent = 0, back = 0; back < EVENTS;) {
    burst.clear();
    for (let i = sent; i < EVENTS && burst.length < BURST; i++) burst.pushNew(0, i % FLOWS, 0, i);
    sent += near.enqueueBurst(burst);
    device.schedule();
    const count = near.dequeueBurst(burst);
    for (let i = 0; i < count; i++) flows[burst.flowId(i)]!.push(burst.payload(i));
    back += count;
    // The worker may fail, which is heard of between two turns.
    await new Promise(setImmediate);
  }
  const perFlow = EVENTS / FLOWS;
  expect(flows).toEqual(upTo(FLOWS).map((flow) => upTo(perFlow).map((i) => i * FLOWS + flow)));
  near.release(near.outstanding);
  device.schedule();
  expect(domain.stats()).toMatchObject({ rx: 2 * EVENTS, tx: 2 * EVENTS, inflight: 0, dropped: 0 });
  expect(await domain.stop(undefined, { graceMs: 5000 })).toEqual({ flushed: 0 });
  expect(await exited).toEqual([0]);
});
