/** A renewal: what an event has become so far goes on, and the port goes on holding it with another payload. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, OP, PRIORITY, REFUSAL } from '../../lib/index.js';
import { OP_MASK, QE_WORDS } from '../../lib/eventdev/event.js';
import type { EventFields, Port, PortSpec, QueueSpec } from '../../lib/index.js';
import {
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  inlineDevice,
  payloads,
  rig,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const LAST = 3;

/** A producer, two workers on the queue under test, and who gets the pieces. */
function renewalRig(queue: Partial<QueueSpec>, worker: PortSpec = {}): Promise<Rig> {
  const its = { links: [0], ...worker };
  return rig({
    eventsLimit: 16,
    queues: [{ type: 'parallel', fragments: 4, ...queue }, { type: 'directed' }],
    ports: [{}, its, its, { links: [1], dequeueDepth: 64 }],
  });
}

const piece = (payload: number): EventFields => ({ op: OP.FRAGMENT, queueId: 1, payload });

/** Pieces with these payloads, then a renewal with the last one. Returns how many were accepted. */
function renew(
  port: Port,
  made: readonly number[],
  payload: number,
  name: EventFields = {},
): number {
  const burst = new EventBurst(made.length + 1);
  for (const each of [...made, payload]) {
    burst.push({ priority: PRIORITY.NORMAL, ...name, ...piece(each) });
  }
  burst.setRenewal(made.length);
  return port.enqueueBurst(burst);
}

function fragment(port: Port, ...made: readonly number[]): number {
  const burst = new EventBurst(made.length);
  for (const each of made) burst.push({ priority: PRIORITY.NORMAL, ...piece(each) });
  return port.enqueueBurst(burst);
}

/** The port that holds something, of the two workers, and what it dequeued. */
function workerOf(r: Rig): [Port, EventBurst] {
  const id = [1, 2].find((each) => r.stats().ports[each]!.inflight > 0)!;
  return [r.ports[id]!, take(r.ports[id]!)];
}

const UNPLACED = [
  ['parallel', { type: 'parallel' }],
  ['atomic', { type: 'atomic' }],
  ['atomic of an any queue', { type: 'any' }],
] as const;
const PLACED = [
  ['ordered', { type: 'ordered' }],
  ['ordered per flow', { type: 'ordered', scope: 'flow' }],
] as const;

test.each(UNPLACED)(
  '%s: pieces go on at once, the event stays and is no event more',
  async (_, queue) => {
    const r = await renewalRig(queue);
    sendAll(r, r.ports[0]!, [{ flowId: 1, schedType: 1, payload: 5 }]);
    r.pass();
    const [port, burst] = workerOf(r);
    expect(renew(port, [50, 51], 6)).toBe(3);
    r.pass();
    expect(took(r.ports[LAST]!)).toEqual([50, 51]);
    expect(r.stats()).toMatchObject({ inflight: 3, rx: 3, dropped: 0 });
    expect(r.stats().ports[port.id]).toMatchObject({ inflight: 1, rx: 2, misordered: 0 });
    expect(r.stats().queues[0]).toMatchObject({ inflight: 1, rx: 1, tx: 1, dropped: 0 });
    expect(port.outstanding).toBe(1);
    expectCreditsSumUp(r);
    fragment(port, 52);
    forward(port, burst, 0, 1, { payload: 53 });
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([52, 53]);
    r.ports[LAST]!.release(4);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  },
);

test('directed events are renewed as any other', async () => {
  const r = await rig({
    queues: [{ type: 'directed', fragments: 4 }, { type: 'directed' }],
    ports: [{}, { links: [0] }, {}, { links: [1] }],
  });
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  took(r.ports[1]!);
  renew(r.ports[1]!, [50], 6);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([50]);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 1 });
  expect(r.stats()).toMatchObject({ inflight: 2 });
});

test('an atomic flow stays where it is while its event is renewed', async () => {
  const r = await renewalRig({ type: 'atomic' });
  sendAll(r, r.ports[0]!, fresh(2, { flowId: 7 }));
  r.pass();
  const [port, burst] = workerOf(r);
  expect(payloads(burst)).toEqual([0, 1]);
  renew(port, [50], 60);
  sendAll(r, r.ports[0]!, fresh(1, { flowId: 7 }, 2));
  r.pass(2);
  expect(r.stats().queues[0]!.pinned).toEqual([{ port: port.id, flows: 1, events: 3 }]);
  // The oldest is the one that was renewed: a release ends it.
  port.release(1);
  await r.domain.reclaim(port.id);
  r.pass();
  expect(took(r.ports[3 - port.id]!)).toEqual([1, 2]);
});

test.each(PLACED)(
  '%s: pieces wait in the place of their event, in order, before it',
  async (_, queue) => {
    const r = await renewalRig({ ...queue, fragments: 6 });
    sendAll(r, r.ports[0]!, fresh(2));
    r.pass();
    const [older, younger] = [take(r.ports[1]!), take(r.ports[2]!)];
    const of = (event: number, from: number, count: number): number[] =>
      upTo(count, event * 10 + from);
    const first = older.payload(0);
    const second = younger.payload(0);
    renew(r.ports[2]!, of(second, 0, 2), 99);
    r.pass();
    renew(r.ports[2]!, of(second, 2, 1), 98);
    renew(r.ports[2]!, [], 97);
    fragment(r.ports[2]!, ...of(second, 3, 2));
    r.pass();
    forward(r.ports[2]!, younger, 0, 1, { payload: second * 10 + 5 });
    renew(r.ports[1]!, of(first, 0, 2), 96);
    r.pass(2);
    // The place of the oldest is first of all, and is held all the same.
    expect(took(r.ports[LAST]!)).toEqual([]);
    expect(r.stats().inflight).toBe(9);
    r.ports[1]!.release(1);
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([...of(first, 0, 2), ...of(second, 0, 6)]);
    r.ports[LAST]!.release(8);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  },
);

test('ordered per flow: pieces of a renewed event hold back no other flow', async () => {
  const r = await renewalRig({ type: 'ordered', scope: 'flow' });
  sendAll(r, r.ports[0]!, [{ flowId: 1 }, { flowId: 2, payload: 1 }]);
  r.pass();
  took(r.ports[1]!);
  const other = take(r.ports[2]!);
  renew(r.ports[1]!, [10], 5);
  forward(r.ports[2]!, other, 0, 1, { payload: 20 });
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([20]);
  r.ports[1]!.release(1);
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([10]);
});

test.each([...UNPLACED, ...PLACED])(
  '%s: a dead port’s event comes again as it was renewed last; pieces before it go on once, those behind never',
  async (_, queue) => {
    const r = await renewalRig({ ...queue, fragments: 8 });
    sendAll(r, r.ports[0]!, [{ schedType: 1, payload: 5, payloadHigh: 5 }]);
    r.pass();
    const [port] = workerOf(r);
    renew(port, [50], 6);
    r.pass();
    const burst = new EventBurst(1);
    burst.push({ payload: 7, payloadHigh: 0x8000_0007 });
    burst.setRenewal(0);
    fragment(port, 51);
    port.enqueueBurst(burst);
    fragment(port, 52, 53);
    // What is in its ring counts still.
    expect(await r.domain.reclaim(port.id)).toEqual({ rescheduled: 1 });
    expect(r.stats().queues[0]!.dropped).toBe(2);
    r.pass();
    const other = r.ports[3 - port.id]!;
    const again = take(other);
    expect(again.payload64(0)).toBe(0x8000_0007_0000_0007n);
    expect([again.length, again.attempts(0), again.queueId(0)]).toEqual([1, 1, 0]);
    fragment(other, 54);
    forward(other, again, 0, 1, { payload: 55 });
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([50, 51, 54, 55]);
    r.ports[LAST]!.release(4);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  },
);

test('a port that detaches leaves its event as it was renewed last', async () => {
  const r = await renewalRig({});
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  const [port] = workerOf(r);
  renew(port, [50], 6);
  fragment(port, 51);
  port.detach();
  r.pass(2);
  expect(took(r.ports[3 - port.id]!)).toEqual([6]);
  expect(took(r.ports[LAST]!)).toEqual([50]);
  expectCreditsSumUp(r);
});

test.each([false, true])(
  'an independent port renews the event that it names, wide names: %s',
  async (wideNames) => {
    const r = await renewalRig({}, { independentEnqueue: true, wideNames });
    sendAll(r, r.ports[0]!, fresh(6));
    r.pass();
    const [port, burst] = [r.ports[1]!, take(r.ports[1]!)];
    expect(burst.length).toBe(3);
    const nameOf = (i: number): EventFields => ({
      implOpaque: burst.implOpaque(i),
      subEventType: burst.subEventType(i),
    });
    renew(port, [50], 61, nameOf(1));
    renew(port, [], 62, nameOf(2));
    r.pass();
    expect(took(r.ports[LAST]!)).toEqual([50]);
    // The renewed one is completed; another has its payload, the oldest its own.
    forward(port, burst, 1, 1, { payload: 51 });
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([51]);
    expect(renew(port, [52], 63, nameOf(1))).toBe(2);
    r.pass();
    expect(r.stats().queues[0]!.dropped).toBe(2);
    const first = burst.payload(0);
    await r.domain.reclaim(1);
    r.pass();
    expect(took(r.ports[2]!).slice(-2)).toEqual([first, 62]);
    expectCreditsSumUp(r);
  },
);

test('another port renews its oldest outstanding event, whatever the renewal says', async () => {
  const r = await renewalRig({});
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const burst = take(r.ports[1]!);
  const first = burst.payload(0);
  const all = { queueId: 255, flowId: 9, priority: 0, schedType: 3, implOpaque: 77 };
  const other = new EventBurst(1);
  other.push({ ...all, payload: 61 });
  other.setRenewal(0);
  r.ports[1]!.enqueueBurst(other);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 4, rx: 4, dropped: 0 });
  await r.domain.reclaim(1);
  r.pass();
  const held = take(r.ports[2]!);
  expect(payloads(held).slice(-2)).toEqual([61, first + 2]);
  expect([held.queueId(2), held.flowId(2), held.priority(2)]).toEqual([0, 0, PRIORITY.NORMAL]);
});

test.each([...UNPLACED, ...PLACED])(
  '%s: a stop flushes a renewed event once, with all its pieces',
  async (_, queue) => {
    const r = await renewalRig(queue);
    sendAll(r, r.ports[0]!, fresh(2, { schedType: 1 }));
    r.pass();
    const [port] = workerOf(r);
    renew(port, [50, 51], 6);
    r.pass();
    fragment(port, 52);
    const flushed: number[] = [];
    const { flushed: count } = await r.domain.stop((events) => flushed.push(...payloads(events)));
    expect(flushed.toSorted((a, b) => a - b)).toEqual([1, 6, 50, 51, 52]);
    expect(count).toBe(5);
    expectEmpty(r);
    expectCreditsSumUp(r);
    // Places and nodes are as new.
    await r.domain.start();
    sendAll(r, r.ports[0]!, fresh(1, { schedType: 1 }));
    r.pass();
    const [next] = workerOf(r);
    renew(next, [10], 6);
    next.release(1);
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([10]);
  },
);

test('a renewal of nothing, or in a domain without fragments, is counted as a piece of nothing', async () => {
  for (const fragments of [1, 2]) {
    const r = await rig({
      queues: [{ type: 'parallel', fragments }],
      ports: [{ links: [0] }, { links: [0], independentEnqueue: true }],
    });
    for (const port of r.ports) expect(renew(port, [], 5)).toBe(1);
    r.pass();
    expect(r.stats()).toMatchObject({ inflight: 0, rx: 2, dropped: 2 });
    if (fragments > 1) continue;
    sendAll(r, r.ports[0]!, fresh(1));
    r.pass();
    const [port, burst] = [r.ports[0]!, take(r.ports[0]!)];
    expect(burst.length).toBe(1);
    renew(port, [], 5);
    r.pass();
    expect(r.stats().queues[0]!.dropped).toBe(1);
    await r.domain.reclaim(0);
    r.pass();
    expect(took(r.ports[1]!)).toEqual([0]);
    expectCreditsSumUp(r);
  }
});

test('a queue without fragments has its events renewed where another has some', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'directed', fragments: 2 }],
    ports: [{}, { links: [0] }, { links: [0] }, { links: [1] }],
  });
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  const [port] = workerOf(r);
  renew(port, [50], 6);
  await r.domain.reclaim(port.id);
  r.pass();
  expect(took(r.ports[3 - port.id]!)).toEqual([6]);
  expect(r.stats().queues[0]!.dropped).toBe(1);
});

test('the limit counts pieces since the last renewal', async () => {
  const r = await renewalRig({ fragments: 2 });
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  const [port, burst] = workerOf(r);
  for (let i = 0; i < 4; i++) renew(port, upTo(3, i * 10), 90 + i);
  fragment(port, 40);
  forward(port, burst, 0, 1, { payload: 41 });
  r.pass(2);
  expect(took(r.ports[LAST]!)).toEqual([0, 1, 10, 11, 20, 21, 30, 31, 40, 41]);
  expect(r.stats().queues[0]!.dropped).toBe(4);
});

test.each(PLACED)(
  '%s: the limit counts all pieces that wait in the place, and the FORWARD',
  async (_, queue) => {
    const r = await renewalRig({ ...queue, fragments: 3 });
    sendAll(r, r.ports[0]!, fresh(1));
    r.pass();
    const [port, burst] = workerOf(r);
    renew(port, [0, 1], 90);
    renew(port, [2, 3], 91);
    renew(port, [], 92);
    r.pass();
    expect(r.stats().queues[0]!.dropped).toBe(1);
    forward(port, burst, 0, 1, { payload: 4 });
    r.pass(2);
    expect(took(r.ports[LAST]!)).toEqual([0, 1, 2]);
    expect(r.stats().queues[0]!.dropped).toBe(2);
    expect(r.stats().inflight).toBe(3);
  },
);

test('renewals take slots of the ring that pieces have, and meet RING_FULL as they do', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel', fragments: 4 }, { type: 'directed' }],
    ports: [{}, { links: [0] }, {}, { links: [1], dequeueDepth: 16 }].map((port) => ({
      ...port,
      enqueueDepth: 8,
    })),
  });
  sendAll(r, r.ports[0]!, fresh(1));
  r.pass();
  took(r.ports[1]!);
  for (let i = 0; i < 8; i++) expect(renew(r.ports[1]!, [], i)).toBe(1);
  expect(renew(r.ports[1]!, [], 8)).toBe(0);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.RING_FULL);
  r.pass();
  expect(renew(r.ports[1]!, [], 9)).toBe(1);
  expect(r.ports[1]!.outstanding).toBe(1);
});

test('a FRAGMENT is a piece whatever a delivery has left in its reserved bits', async () => {
  const r = await renewalRig({});
  sendAll(r, r.ports[0]!, fresh(1));
  for (let deaths = 0; deaths < 3; deaths++) {
    r.pass();
    const [port] = workerOf(r);
    await r.domain.reclaim(port.id);
    r.ports[port.id] = attachPort(r.domain.attachment(port.id));
  }
  r.pass();
  const [port, burst] = workerOf(r);
  expect(burst.attempts(0)).toBe(3);
  burst.setOp(0, OP.FRAGMENT);
  burst.setQueueId(0, 1);
  port.enqueueBurst(burst);
  r.pass();
  expect(r.stats().inflight).toBe(2);
  expect(took(r.ports[LAST]!)).toEqual([]);
});

/** Makes event `i` one of this op that has the bit of a renewal. */
function mark(burst: EventBurst, i: number, op: number): void {
  burst.setRenewal(i);
  burst.words[i * QE_WORDS + 1] = (burst.words[i * QE_WORDS + 1]! & ~OP_MASK) | op;
}

test('a NEW, FORWARD or RELEASE with the bit of a renewal is what its op says, and loses the bit', async () => {
  for (const independentEnqueue of [false, true]) {
    const r = await renewalRig({}, { independentEnqueue });
    const burst = new EventBurst(3);
    for (const op of [OP.RELEASE, OP.NEW, OP.NEW]) mark(burst, burst.push({ payload: 1 }), op);
    expect(r.ports[1]!.enqueueBurst(burst)).toBe(3);
    r.pass();
    const [first, second] = [take(r.ports[1]!), take(r.ports[2]!)];
    expect([...payloads(first), ...payloads(second)]).toEqual([1, 1]);
    for (const held of [first, second]) expect((held.words[1]! >>> 2) & 0xf).toBe(0);
    first.setQueueId(0, 1);
    mark(first, 0, OP.FORWARD);
    r.ports[1]!.enqueueBurst(first);
    mark(second, 0, OP.RELEASE);
    r.ports[2]!.enqueueBurst(second);
    r.pass(2);
    const last = take(r.ports[LAST]!);
    expect([last.length, (last.words[1]! >>> 2) & 0xf]).toEqual([1, 0]);
    expect(r.stats().inflight).toBe(1);
  }
});

test('a buffer that only the renewal names outlives the thread that allocated it', async () => {
  const device = await inlineDevice();
  const domain = await device.createDomain({
    eventsLimit: 8,
    queues: [{ type: 'parallel', fragments: 2 }],
    ports: [{}, { links: [0], implicitRelease: false }],
    buffers: { count: 4, bytes: 8, reserve: 0 },
  });
  await domain.start();
  const [from, to] = [0, 1].map((id) => attachPort(domain.attachment(id)));
  const burst = new EventBurst(1);
  burst.pushNew(0, 0, 0, 0);
  from!.enqueueBurst(burst);
  device.schedule();
  to!.dequeueBurst(burst);
  const handle = to!.buffers!.alloc();
  to!.buffers!.alloc();
  renew(to!, [], handle);
  await domain.reclaim(1);
  expect(from!.buffers!.free(handle)).toBe(true);
  expect(upTo(5).map(() => from!.buffers!.alloc() >= 0)).toEqual([true, true, true, true, false]);
});
