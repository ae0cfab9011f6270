/** Queues of type `any`: the event's own schedule type counts. */
import { expect, test } from '@jest/globals';
import { SCHED } from '../../lib/index.js';
import type { EventFields } from '../../lib/index.js';
import {
  drain,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  rig,
  send,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const workers = (count: number): object[] => Array.from({ length: count }, () => ({ links: [0] }));

/** One `any` queue that three ports serve, and a directed queue behind it. */
function anyRig(): Promise<Rig> {
  return rig({
    queues: [{ type: 'any' }, { type: 'directed' }],
    ports: [{}, ...workers(3), { links: [1] }],
  });
}

const atomic = (flowId: number, payload: number): EventFields => ({
  schedType: SCHED.ATOMIC,
  flowId,
  payload,
});

test('atomic events of one flow stay on one port, parallel ones of the same flow spread', async () => {
  const r = await anyRig();
  for (let i = 0; i < 6; i++) {
    send(r.ports[0]!, atomic(5, i), { schedType: SCHED.PARALLEL, flowId: 5, payload: 100 + i });
  }
  r.pass();
  const got = [1, 2, 3].map((id) => took(r.ports[id]!));
  const holders = got.filter((each) => each.some((payload) => payload < 100));
  expect(holders).toHaveLength(1);
  expect(holders[0]!.filter((payload) => payload < 100)).toEqual(upTo(6));
  expect(got.map((each) => each.filter((payload) => payload >= 100).length)).toEqual([2, 2, 2]);
});

test('ordered events of an any queue leave in order, whatever the others do', async () => {
  const r = await anyRig();
  const ordered = fresh(3, { schedType: SCHED.ORDERED });
  send(r.ports[0]!, ordered[0]!, atomic(1, 50), ordered[1]!, ordered[2]!);
  r.pass();
  const bursts = [1, 2, 3].map((id) => take(r.ports[id]!));
  const places = bursts.flatMap((burst, port) =>
    upTo(burst.length).map((i) => ({ port: port + 1, burst, i, payload: burst.payload(i) })),
  );
  // Youngest first, but each port its own in the order in which it got them.
  const inTurn = places.toSorted((a, b) => b.port - a.port || a.i - b.i);
  for (const { port, burst, i } of inTurn) forward(r.ports[port]!, burst, i, 1);
  r.pass(2);
  const out = took(r.ports[4]!);
  expect(out.filter((payload) => payload < 50)).toEqual([0, 1, 2]);
  expect(out).toHaveLength(4);
});

test('a full window holds back the ordered events of an any queue only', async () => {
  const r = await rig({
    queues: [{ type: 'any', sequences: 2 }],
    ports: [{}, { links: [0], dequeueDepth: 16 }],
  });
  sendAll(r, r.ports[0]!, [
    ...fresh(4, { schedType: SCHED.ORDERED }),
    ...fresh(2, { schedType: SCHED.PARALLEL }, 10),
    ...fresh(2, { schedType: SCHED.ATOMIC }, 20),
  ]);
  r.pass();
  expect(took(r.ports[1]!).toSorted((a, b) => a - b)).toEqual([0, 1, 10, 11, 20, 21]);
  expect(r.stats().queues[0]!.iqUsed[4]).toBe(2);
});

test('the most urgent level goes first across the types; types of a level take turns', async () => {
  const r = await rig({
    queues: [{ type: 'any' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }],
  });
  sendAll(r, r.ports[0]!, [
    { schedType: SCHED.ORDERED, priority: 255, payload: 1 },
    { schedType: SCHED.PARALLEL, priority: 128, payload: 2 },
    { schedType: SCHED.ATOMIC, priority: 0, payload: 3 },
    { schedType: SCHED.ATOMIC, priority: 128, payload: 4 },
    { schedType: SCHED.ORDERED, priority: 128, payload: 5 },
    { schedType: SCHED.PARALLEL, priority: 128, payload: 6 },
  ]);
  const got = drain(r)[1]!;
  expect(got[0]).toBe(3);
  expect(got.at(-1)).toBe(1);
  expect(new Set(got.slice(1, 4))).toEqual(new Set([2, 4, 5]));
  expect(got[4]).toBe(6);
});

test('schedule type 3 on an any queue is dropped, counted once on the port, its credit back', async () => {
  const r = await anyRig();
  expect(send(r.ports[0]!, { schedType: 3 }, { schedType: SCHED.PARALLEL, payload: 7 })).toBe(2);
  r.pass();
  const { ports, queues, dropped, inflight } = r.stats();
  expect([dropped, inflight, ports[0]!.dropped, queues[0]!.dropped]).toEqual([0, 1, 1, 0]);
  expect(ports[0]!.rx).toBe(2);
  expectCreditsSumUp(r);
  const burst = take(r.ports[1]!);
  expect(burst.payload(0)).toBe(7);
  // As a FORWARD as well: it completes its event.
  burst.setSchedType(0, 3);
  forward(r.ports[1]!, burst, 0, 0);
  r.pass();
  expect(r.stats().ports[1]!.dropped).toBe(1);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a typed queue ignores schedule type 3 and returns it unchanged', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, { schedType: 3 });
  r.pass();
  expect(take(r.ports[1]!).schedType(0)).toBe(3);
});

test('what a dead port held of an any queue goes to others, each type by its rule', async () => {
  const r = await anyRig();
  r.domain.unlink(2, 0);
  r.domain.unlink(3, 0);
  r.pass();
  const types = [SCHED.ATOMIC, SCHED.ORDERED, SCHED.PARALLEL];
  send(r.ports[0]!, ...upTo(9).map((i) => ({ schedType: types[i % 3]!, payload: i, flowId: 1 })));
  r.pass();
  expect(took(r.ports[1]!, 5)).toHaveLength(5);
  r.domain.link(2, 0);
  r.domain.link(3, 0);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 9 });
  const got = drain(r).flat();
  expect(got.toSorted((a, b) => a - b)).toEqual(upTo(9));
  expect(got.filter((payload) => payload % 3 === 0)).toEqual([0, 3, 6]);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a stop flushes all types of an any queue, waiting, held and out of order', async () => {
  const r = await anyRig();
  const types = [SCHED.ATOMIC, SCHED.ORDERED, SCHED.PARALLEL];
  sendAll(
    r,
    r.ports[0]!,
    upTo(30).map((i) => ({ schedType: types[i % 3]!, payload: i, flowId: i })),
  );
  r.pass();
  const burst = take(r.ports[2]!);
  for (let i = 0; i < burst.length; i++) forward(r.ports[2]!, burst, i, 1);
  const flushed: number[] = [];
  await r.domain.stop((events) => {
    for (let i = 0; i < events.length; i++) flushed.push(events.payload(i));
  });
  expect(flushed.toSorted((a, b) => a - b)).toEqual(upTo(30));
  expectEmpty(r);
});

test('no type of an any queue is left behind, however many levels a pass serves', async () => {
  const r = await rig({
    eventsLimit: 256,
    queues: [{ type: 'any', sequences: 256 }],
    ports: [{ enqueueDepth: 256 }, { links: [0], dequeueDepth: 8 }],
  });
  const types = [SCHED.ORDERED, SCHED.ATOMIC, SCHED.PARALLEL];
  const least = upTo(180).map((i) => ({
    priority: 255,
    schedType: types[i % 3]!,
    flowId: i,
    payload: i % 3,
  }));
  sendAll(r, r.ports[0]!, least);
  const counts = [0, 0, 0];
  for (let pass = 0; pass < 20; pass++) {
    // One event on each of two more urgent levels: three levels are served in each pass.
    send(r.ports[0]!, { priority: 0, payload: 9 }, { priority: 128, payload: 9 });
    r.pass();
    for (const type of took(r.ports[1]!)) if (type < 3) counts[type]!++;
    r.ports[1]!.release(8);
  }
  const total = counts[0]! + counts[1]! + counts[2]!;
  for (const count of counts) expect(count).toBeGreaterThan(total / 6);
});
