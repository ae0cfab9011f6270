/** `independentEnqueue`: completions name their event and come in any order. */
import { expect, test } from '@jest/globals';
import { EventBurst, OP } from '../../lib/index.js';
import type { PortSpec, QueueSpec } from '../../lib/index.js';
import {
  ascending,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  refusalOf,
  rig,
  send,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const END = 3;

function freeRig(queue: QueueSpec, port: PortSpec = {}, eventsLimit = 64): Promise<Rig> {
  const worker: PortSpec = { links: [0], independentEnqueue: true, ...port };
  return rig({
    eventsLimit,
    queues: [queue, { type: 'directed' }],
    ports: [{}, worker, worker, { links: [1] }],
  });
}

/** Completes event `i` of a burst: FORWARD to queue 1, or RELEASE. */
function complete(
  r: Rig,
  id: number,
  burst: EventBurst,
  i: number,
  op: number = OP.FORWARD,
): number {
  const one = new EventBurst(1);
  one.append(burst, i);
  one.setOp(0, op);
  one.setQueueId(0, 1);
  return r.ports[id]!.enqueueBurst(one);
}

test('ordered events completed in any order leave in the order they came', async () => {
  const r = await freeRig({ type: 'ordered' }, { dequeueDepth: 16 });
  sendAll(r, r.ports[0]!, fresh(12));
  r.pass();
  const bursts = [take(r.ports[1]!), take(r.ports[2]!)];
  for (const i of [3, 0, 5, 4, 1, 2]) {
    for (const id of [2, 1]) expect(complete(r, id, bursts[id - 1]!, i)).toBe(1);
    r.pass();
  }
  r.pass();
  expect(took(r.ports[END]!)).toEqual(upTo(12));
  expect(r.stats().ports.map((port) => port.misordered)).toEqual([0, 0, 0, 0]);
});

test('an atomic flow moves on when its own events are completed, not when as many others are', async () => {
  const r = await freeRig({ type: 'atomic' }, { dequeueDepth: 16 });
  r.domain.unlink(2, 0);
  r.pass();
  sendAll(r, r.ports[0]!, [{ flowId: 1 }, { flowId: 2, payload: 1 }]);
  r.pass();
  const burst = take(r.ports[1]!);
  expect(burst.length).toBe(2);
  complete(r, 1, burst, 1, OP.RELEASE);
  r.pass();
  expect(r.stats().queues[0]!.pinned).toEqual([{ port: 1, flows: 1, events: 1 }]);
  expect(r.ports[1]!.outstanding).toBe(1);
  r.domain.link(2, 0);
  r.domain.unlink(1, 0);
  sendAll(r, r.ports[0]!, [
    { flowId: 1, payload: 2 },
    { flowId: 2, payload: 3 },
  ]);
  r.pass(2);
  expect(took(r.ports[2]!)).toEqual([3]);
  complete(r, 1, burst, 0, OP.RELEASE);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([2]);
});

test('a completion of an unknown or completed event is counted and harmless', async () => {
  const r = await freeRig({ type: 'parallel' });
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const burst = take(r.ports[1]!);
  expect(burst.length).toBe(2);
  expect(complete(r, 1, burst, 1, OP.RELEASE)).toBe(1);
  expect(complete(r, 1, burst, 1, OP.RELEASE)).toBe(1);
  expect(complete(r, 1, burst, 1, OP.FORWARD)).toBe(1);
  r.pass();
  expect(r.stats().ports[1]).toMatchObject({ misordered: 2, dropped: 0, inflight: 1 });
  expect(r.stats().dropped).toBe(1);
  expect(r.ports[1]!.outstanding).toBe(1);
  expectCreditsSumUp(r);
  expect(complete(r, 1, burst, 0)).toBe(1);
  r.pass(2);
  expect(took(r.ports[END]!)).toEqual([burst.payload(0)]);
});

test('release(n) and implicit release complete the oldest open ones', async () => {
  for (const implicitRelease of [false, true]) {
    const r = await freeRig({ type: 'parallel' }, { implicitRelease, dequeueDepth: 8 });
    r.domain.unlink(2, 0);
    r.pass();
    sendAll(r, r.ports[0]!, fresh(8));
    r.pass();
    const burst = take(r.ports[1]!, 6);
    complete(r, 1, burst, 0, OP.RELEASE);
    complete(r, 1, burst, 2, OP.RELEASE);
    expect(r.ports[1]!.release(2)).toBe(2);
    r.pass();
    expect(r.ports[1]!.outstanding).toBe(2);
    expect(complete(r, 1, burst, 3, OP.RELEASE)).toBe(1);
    expect(r.stats().ports[1]!.misordered).toBe(1);
    if (implicitRelease) {
      expect(took(r.ports[1]!)).toEqual([6, 7]);
      r.pass();
      expect(r.stats().inflight).toBe(2);
    } else {
      expect(r.ports[1]!.release(99)).toBe(2);
    }
  }
});

test('a burst cut short by a refused NEW completes nothing behind it', async () => {
  const r = await freeRig({ type: 'parallel' }, {}, 4);
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const burst = take(r.ports[1]!);
  const mixed = new EventBurst(3);
  for (let i = 0; i < 2; i++) {
    mixed.append(burst, i);
    mixed.setOp(mixed.length - 1, OP.RELEASE);
    if (i === 0) mixed.push({ op: OP.NEW, payload: 9 });
  }
  expect(r.ports[1]!.enqueueBurst(mixed)).toBe(1);
  expect(r.ports[1]!.outstanding).toBe(1);
  expect(r.ports[1]!.enqueueBurst(mixed, 2)).toBe(1);
  expect(r.ports[1]!.outstanding).toBe(0);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 2 });
  expect(r.stats().ports[1]!.misordered).toBe(0);
  expectCreditsSumUp(r);
});

test('what a dead port has completed stays completed, the rest is scheduled again in order', async () => {
  const r = await freeRig({ type: 'ordered' }, { dequeueDepth: 8 });
  r.domain.unlink(2, 0);
  r.pass();
  sendAll(r, r.ports[0]!, fresh(6));
  r.pass();
  const burst = take(r.ports[1]!);
  for (const i of [4, 1]) complete(r, 1, burst, i);
  r.pass();
  r.domain.link(2, 0);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 4 });
  r.pass();
  const again = take(r.ports[2]!);
  expect(upTo(again.length).map((i) => again.payload(i))).toEqual([0, 2, 3, 5]);
  for (const i of [3, 2, 1, 0]) complete(r, 2, again, i);
  r.pass(2);
  expect(took(r.ports[END]!)).toEqual(upTo(6));
});

test('never more than 256 events are in the CQ and hands of such a port', async () => {
  const r = await freeRig({ type: 'parallel' }, { dequeueDepth: 256 }, 1024);
  r.domain.unlink(2, 0);
  r.pass();
  sendAll(r, r.ports[0]!, fresh(600));
  r.pass();
  const first = take(r.ports[1]!, 200);
  r.pass(3);
  expect(r.stats().ports[1]!.inflight).toBe(256);
  // The oldest is still open: its number must not come again, whatever else is completed.
  for (let i = 1; i < 200; i++) complete(r, 1, first, i, OP.RELEASE);
  r.pass(2);
  expect(r.stats().ports[1]!.inflight).toBe(256);
  expectCreditsSumUp(r);
});

test('a long random run through independent ports loses and doubles nothing', async () => {
  const r = await freeRig({ type: 'ordered' }, {}, 128);
  const out: number[] = [];
  let seed = 7;
  const random = (n: number): number => (seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % n;
  const open: { id: number; burst: EventBurst; i: number }[] = [];
  for (let sent = 0, next = 0; out.length < 5000;) {
    if (sent < 5000) next = send(r.ports[0]!, ...fresh(Math.min(16, 5000 - sent), {}, sent));
    sent += sent < 5000 ? next : 0;
    r.pass();
    for (const id of [1, 2]) {
      const burst = take(r.ports[id]!, 1 + random(20));
      for (let i = 0; i < burst.length; i++) open.push({ id, burst, i });
    }
    for (let n = random(40); n > 0 && open.length > 0; n--) {
      const [one] = open.splice(random(open.length), 1);
      expect(complete(r, one!.id, one!.burst, one!.i)).toBe(1);
    }
    r.pass();
    out.push(...took(r.ports[END]!));
    r.ports[END]!.release(r.ports[END]!.outstanding);
  }
  expect(out).toEqual(upTo(5000));
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a piece names its event too', async () => {
  const r = await freeRig({ type: 'ordered', fragments: 3 });
  r.domain.unlink(2, 0);
  r.pass();
  sendAll(r, r.ports[0]!, fresh(2));
  r.pass();
  const burst = take(r.ports[1]!);
  const piece = new EventBurst(1);
  piece.append(burst, 1);
  piece.setOp(0, OP.FRAGMENT);
  piece.setQueueId(0, 1);
  piece.setPayload(0, 10);
  expect(r.ports[1]!.enqueueBurst(piece)).toBe(1);
  complete(r, 1, burst, 1);
  complete(r, 1, burst, 0);
  r.pass(2);
  expect(took(r.ports[END]!)).toEqual([0, 10, 1]);
  // Completed meanwhile: dropped.
  expect(r.ports[1]!.enqueueBurst(piece)).toBe(1);
  r.pass(2);
  expect(r.stats().dropped).toBe(1);
});

test('a FORWARD with nothing outstanding counts as NEW', async () => {
  const r = await freeRig({ type: 'parallel' });
  expect(send(r.ports[1]!, { op: OP.FORWARD, payload: 3, queueId: 1 })).toBe(1);
  r.pass();
  expect(took(r.ports[END]!)).toEqual([3]);
  expect(r.stats().inflight).toBe(1);
});

test('in default mode the order of completions decides, in this one it does not', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, {}, { links: [1] }],
  });
  sendAll(r, r.ports[0]!, fresh(3));
  r.pass();
  const burst = take(r.ports[1]!);
  for (const i of [2, 1, 0]) forward(r.ports[1]!, burst, i, 1);
  r.pass(2);
  expect(took(r.ports[3]!)).toEqual([2, 1, 0]);
  expect(r.stats().ports[1]!.misordered).toBe(2);
});

test('a depth beyond 256 is refused for such a port', async () => {
  const r = await freeRig({ type: 'parallel' });
  const spec = (dequeueDepth: number): PortSpec => ({ independentEnqueue: true, dequeueDepth });
  const create = (dequeueDepth: number): Promise<unknown> =>
    r.device.createDomain({
      eventsLimit: 4,
      queues: [{ type: 'any' }],
      ports: [spec(dequeueDepth)],
    });
  const error = await refusalOf(() => create(512));
  expect(error.code).toBe('ERR_DLB_INVALID_CQ_DEPTH');
  expect(error.details).toMatchObject({ field: 'spec.ports[0].dequeueDepth', value: 512 });
  await create(256);
});

test('several outstanding bursts complete across each other', async () => {
  const r = await freeRig({ type: 'parallel' }, { dequeueDepth: 8 });
  r.domain.unlink(2, 0);
  r.pass();
  sendAll(r, r.ports[0]!, fresh(8));
  r.pass();
  const a = take(r.ports[1]!, 4);
  const b = take(r.ports[1]!, 4);
  for (const [burst, i] of [
    [b, 3],
    [a, 3],
    [b, 0],
    [a, 0],
  ] as const)
    complete(r, 1, burst, i);
  for (const [burst, i] of [
    [a, 1],
    [b, 2],
    [b, 1],
    [a, 2],
  ] as const)
    complete(r, 1, burst, i);
  r.pass(2);
  expect(took(r.ports[END]!).toSorted(ascending)).toEqual(upTo(8));
  expect(r.stats().ports[1]!.inflight).toBe(0);
});

test('release(n) finds the oldest also when completions by name went round past it', async () => {
  const r = await freeRig({ type: 'parallel' }, { dequeueDepth: 8 });
  r.domain.unlink(2, 0);
  r.pass();
  const held: { burst: EventBurst; i: number }[] = [];
  const refill = (): void => {
    sendAll(r, r.ports[0]!, fresh(8 - held.length));
    r.pass();
    const burst = take(r.ports[1]!);
    for (let i = 0; i < burst.length; i++) held.push({ burst, i });
  };
  // Always some outstanding; the numbers of events go round.
  for (let done = 0; done < 300; done++) {
    refill();
    const { burst, i } = held.shift()!;
    expect(complete(r, 1, burst, i, OP.RELEASE)).toBe(1);
  }
  refill();
  expect(r.ports[1]!.release(1)).toBe(1);
  held.shift();
  for (const { burst, i } of held) complete(r, 1, burst, i);
  r.pass(2);
  expect(took(r.ports[END]!)).toHaveLength(7);
  r.ports[END]!.release(7);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 0, dropped: 0 });
  expect(r.stats().ports[1]!.misordered).toBe(0);
  expectCreditsSumUp(r);
});
