/** C12: a stop accounts for every event, wherever it is, exactly once. */
import { expect, test } from '@jest/globals';
import { attachPort, OP, REFUSAL } from '../../lib/index.js';
import type { EventBurst, Port } from '../../lib/index.js';
import {
  addRig,
  ascending,
  burstOf,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
} from './harness.js';
import { inlineDevice, payloads, rig, send, take, took, upTo } from './harness.js';
import type { Rig } from './harness.js';

/** Stops and tells the payloads that were flushed, sorted. */
async function flush({ domain }: Rig, graceMs?: number): Promise<number[]> {
  const out: number[] = [];
  const onFlush = (events: EventBurst): void => void out.push(...payloads(events));
  const { flushed } = await domain.stop(onFlush, graceMs === undefined ? {} : { graceMs });
  expect(out).toHaveLength(flushed);
  return out.toSorted(ascending);
}

test('events are flushed once each out of rings, queues, flows, windows, CQs and hands', async () => {
  const r = await rig({
    eventsLimit: 128,
    queues: [{ type: 'atomic' }, { type: 'ordered' }, { type: 'directed' }, { type: 'parallel' }],
    ports: [
      { enqueueDepth: 64 },
      { links: [0], dequeueDepth: 2 },
      { links: [1], dequeueDepth: 4 },
      { links: [1], dequeueDepth: 4 },
      { links: [2], dequeueDepth: 1 },
    ],
  });
  const [producer, atomic, slow, fast, sink] = r.ports as [Port, Port, Port, Port, Port];
  // Queue 3 has no link; flow 7 fills port 1 and has more events, parked.
  send(producer, ...fresh(3, { queueId: 3 }));
  send(producer, ...fresh(6, { queueId: 0, flowId: 7 }, 10));
  send(producer, ...fresh(4, { queueId: 1 }, 20));
  r.pass();
  send(producer, ...fresh(3, { queueId: 0, flowId: 7, priority: 255 }, 16));
  r.pass();
  expect(took(atomic, 1)).toEqual([10]);
  r.pass();
  // In hand 10, in the CQ 11 and 12, parked 13 to 15, and 16 to 18 on another level.
  expect(r.stats().ports[1]).toMatchObject({ inflight: 3, cqUsed: 2 });
  expect(r.stats().queues[0]!.iqUsed).toEqual([0, 0, 0, 0, 3, 0, 0, 3]);
  // In hand 20, which 21 waits for in the window; 23 in hand behind it, 22 in a CQ.
  expect(payloads(take(slow, 1))).toEqual([20]);
  const batch = take(fast, 2);
  expect(payloads(batch)).toEqual([21, 23]);
  forward(fast, batch, 0, 2);
  // In rings 30 to 33; one of them is taken in, and dequeued before the stop.
  send(producer, { queueId: 2, payload: 30 });
  r.pass();
  expect(took(sink)).toEqual([30]);
  send(producer, ...fresh(3, { queueId: 2 }, 31));
  expect(r.stats()).toMatchObject({ inflight: 20 });
  expect(r.stats().queues[2]!.rx).toBe(1);
  expect(await flush(r)).toEqual([0, 1, 2, ...upTo(9, 10), ...upTo(4, 20), ...upTo(4, 30)]);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('events of a port that changed hands are flushed, whether the next owner has come or not', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [0] }, { links: [1] }, {}],
  });
  send(r.ports[0]!, ...fresh(4));
  send(r.ports[0]!, ...fresh(3, { queueId: 1 }, 10));
  r.pass();
  took(r.ports[1]!, 1);
  took(r.ports[2]!);
  took(r.ports[3]!, 1);
  await r.domain.reclaim(1);
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  took(next, 1);
  // No pass after this one: the scheduler learns of it in the stop.
  send(r.ports[4]!, { queueId: 1, payload: 20 });
  r.ports[4]!.detach();
  r.ports[3]!.detach();
  expect(await flush(r)).toEqual([...upTo(4), ...upTo(3, 10), 20]);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('an event that waits in a window for one in hand is flushed', async () => {
  const r = await rig({
    queues: [{ type: 'ordered' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [0] }, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  take(r.ports[1]!);
  forward(r.ports[2]!, take(r.ports[2]!), 0, 1);
  r.pass();
  expect(r.stats().queues[1]!.rx).toBe(0);
  expect(await flush(r)).toEqual([0, 1]);
  expectEmpty(r);
});

test('events of a dead port wait in front, and are flushed', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  took(r.ports[1]!, 2);
  await r.domain.reclaim(1);
  expect(await flush(r)).toEqual(upTo(5));
  expectEmpty(r);
});

test('flushed events are as they were enqueued, but for what is the device’s', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, {
    flowId: 0x12345,
    subEventType: 0x67,
    eventType: 0x8,
    schedType: 2,
    priority: 200,
    payload: 0xdeadbeef,
    payloadHigh: 0x80000001,
  });
  r.pass();
  took(r.ports[0]!);
  let seen: unknown;
  await r.domain.stop((events) => {
    seen = [
      events.flowId(0),
      events.subEventType(0),
      events.eventType(0),
      events.schedType(0),
      events.priority(0),
      events.payload64(0),
      events.queueId(0),
    ];
  });
  expect(seen).toEqual([0x12345, 0x67, 0x8, 2, 200, 0x80000001_deadbeefn, 0]);
});

test('129 events in CQ and queue are 129 at the callback', async () => {
  const r = await rig({
    eventsLimit: 4096,
    queues: [{ type: 'atomic' }],
    ports: [{ links: [0], dequeueDepth: 32, enqueueDepth: 256 }],
  });
  expect(send(r.ports[0]!, ...fresh(129))).toBe(129);
  r.pass();
  expect(await flush(r)).toEqual(upTo(129));
});

test('after a stop NEW is refused for NOT_STARTED, nothing comes, and debts are forgotten', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  took(r.ports[0]!, 2);
  expect(r.ports[0]!.outstanding).toBe(2);
  expect(await flush(r)).toEqual(upTo(4));
  expect([r.ports[0]!.state, r.ports[0]!.outstanding]).toEqual(['stopped', 0]);
  expect(send(r.ports[0]!, {})).toBe(0);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.NOT_STARTED);
  expect(took(r.ports[0]!)).toEqual([]);
  expect(r.ports[0]!.release(2)).toBe(0);
  await r.domain.start();
  expect(r.ports[0]!.outstanding).toBe(0);
  // Debts of before the stop complete nothing of after it.
  send(r.ports[0]!, { payload: 9 });
  r.pass();
  expect(took(r.ports[0]!)).toEqual([9]);
  expect(r.ports[0]!.release(5)).toBe(1);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('while it stops, NEW is refused, delivery ends and completions are taken', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'directed' }],
    ports: [{ links: [0] }, {}, { links: [1] }],
  });
  send(r.ports[1]!, ...fresh(3));
  r.pass();
  const batch = take(r.ports[0]!);
  const stopping = flush(r, 60_000);
  await new Promise(setImmediate);
  expect(r.domain.state).toBe('started');
  expect(r.ports[0]!.state).toBe('stopped');
  expect(send(r.ports[1]!, {})).toBe(0);
  expect(r.ports[1]!.refusal).toBe(REFUSAL.NOT_STARTED);
  expect(send(r.ports[0]!, { op: OP.RELEASE, implOpaque: batch.implOpaque(0) })).toBe(1);
  expect(forward(r.ports[0]!, batch, 1, 1)).toBe(1);
  // Taken in, and not delivered, though the port has room.
  expect(r.pass()).toBe(2);
  expect(r.stats()).toMatchObject({ inflight: 2, tx: 3 });
  expect(r.stats().queues[1]).toMatchObject({ rx: 1, tx: 0 });
  expect(took(r.ports[2]!)).toEqual([]);
  expect(r.ports[0]!.release(1)).toBe(1);
  // Every port is quiet: it does not wait for the rest of the grace.
  expect(await stopping).toEqual([1]);
  expect(r.stats().tx).toBe(3);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a stop without a callback counts what it flushed as well', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  took(r.ports[0]!, 1);
  send(r.ports[0]!, ...fresh(2));
  expect(await r.domain.stop()).toEqual({ flushed: 5 });
  expectEmpty(r);
  await r.domain.start();
  expect(await r.domain.stop()).toEqual({ flushed: 0 });
});

test('what a thread held before a stop completes nothing after it, whenever it comes back', async () => {
  const r = await rig({ queues: [{ type: 'ordered' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  const old = take(r.ports[1]!, 2);
  // Two epochs pass while the thread is busy: it has seen neither.
  for (let i = 0; i < 2; i++) {
    await r.domain.stop();
    await r.domain.start();
  }
  send(r.ports[0]!, ...fresh(2, {}, 10));
  r.pass();
  // Its RELEASE is one with nothing outstanding, its FORWARD a NEW event.
  const stale = burstOf({ op: OP.RELEASE, implOpaque: old.implOpaque(0) });
  expect(r.ports[1]!.enqueueBurst(stale)).toBe(1);
  expect(forward(r.ports[1]!, old, 1, 0)).toBe(1);
  expect(r.stats().inflight).toBe(3);
  r.pass();
  expect(r.stats()).toMatchObject({ inflight: 3 });
  expect(took(r.ports[1]!)).toEqual([10, 11, 1]);
  expect(r.ports[1]!.outstanding).toBe(3);
  expectCreditsSumUp(r);
});

test('a grace that runs out ends the stop, with what is in hand', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }, {}] });
  send(r.ports[1]!, ...fresh(3));
  r.pass();
  took(r.ports[0]!);
  expect(await flush(r, 20)).toEqual([0, 1, 2]);
});

test('links and ports survive a stop, and a start may follow any number of times', async () => {
  const r = await rig({
    eventsLimit: 16,
    queues: [{ type: 'atomic' }, { type: 'ordered', sequences: 4 }],
    ports: [{}, { links: [0, 1], dequeueDepth: 4 }],
  });
  for (let round = 0; round < 10; round++) {
    for (const queueId of [0, 1]) send(r.ports[0]!, ...fresh(4, { queueId, flowId: 3 }, round));
    r.pass();
    expect(took(r.ports[1]!)).toEqual(upTo(4, round));
    expect(await flush(r)).toHaveLength(8);
    expectEmpty(r);
    expectCreditsSumUp(r);
    expect(r.domain.state).toBe('stopped');
    await r.domain.start();
    expect(r.ports[1]!.state).toBe('started');
  }
});

test('a threshold counts from zero after a stop', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ newEventThreshold: 3 }] });
  expect(send(r.ports[0]!, ...fresh(5))).toBe(3);
  r.pass();
  expect(await flush(r)).toHaveLength(3);
  await r.domain.start();
  expect(send(r.ports[0]!, ...fresh(5))).toBe(3);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.THRESHOLD);
});

test('a callback that throws is given the rest, and the stop is over', async () => {
  const r = await rig({
    eventsLimit: 1024,
    queues: [{ type: 'parallel' }],
    ports: [{ enqueueDepth: 1024 }],
  });
  send(r.ports[0]!, ...fresh(700));
  let seen = 0;
  const stopping = r.domain.stop((events) => {
    seen += events.length;
    throw new Error('on purpose');
  });
  await expect(stopping).rejects.toThrow('on purpose');
  expect(seen).toBe(700);
  expect(r.domain.state).toBe('stopped');
  expectEmpty(r);
});

test('a stop of one domain leaves the others as they are', async () => {
  const device = await inlineDevice();
  const spec = { queues: [{ type: 'atomic' as const }], ports: [{}, { links: [0] }] };
  const [a, b] = [await addRig(device, spec), await addRig(device, spec)];
  for (const each of [a, b]) send(each.ports[0]!, ...fresh(3));
  a.pass();
  took(b.ports[1]!, 1);
  expect(await flush(a)).toEqual([0, 1, 2]);
  expect(b.ports[1]!.outstanding).toBe(1);
  await a.domain.close();
  expect(took(b.ports[1]!)).toEqual([1, 2]);
  send(b.ports[0]!, { payload: 3 });
  b.pass();
  expect(took(b.ports[1]!)).toEqual([3]);
  expectCreditsSumUp(b);
});
