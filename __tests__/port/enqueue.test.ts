/** What an enqueue accepts, in which order it refuses, and what it does to an event. */
import { expect, test } from '@jest/globals';
import { EventBurst, OP, REFUSAL } from '../../lib/index.js';
import { burstOf, drain, expectCreditsSumUp, expectEmpty, fresh } from '../contracts/harness.js';
import { rig, send, take, took, upTo } from '../contracts/harness.js';

test('a burst longer than enqueueDepth is accepted up to it: call again with the rest', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ enqueueDepth: 4, links: [0] }] });
  const burst = burstOf(...fresh(10));
  expect(r.ports[0]!.enqueueBurst(burst)).toBe(4);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.RING_FULL);
  expect(r.ports[0]!.enqueueBurst(burst, 4)).toBe(4);
  expect(r.ports[0]!.enqueueBurst(burst, 8)).toBe(2);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.NONE);
  r.pass();
  expect(took(r.ports[0]!)).toEqual(upTo(10));
});

test('the default enqueueDepth is 128', async () => {
  const r = await rig({ eventsLimit: 512, queues: [{ type: 'parallel' }], ports: [{}] });
  expect(send(r.ports[0]!, ...fresh(200))).toBe(128);
});

test('from and count choose a part of the burst; what is out of range is clamped', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  const port = r.ports[0]!;
  const burst = burstOf(...fresh(6));
  expect(port.enqueueBurst(burst, 2, 3)).toBe(3);
  expect(port.enqueueBurst(burst, 5, 100)).toBe(1);
  expect(port.enqueueBurst(burst, -4, 1)).toBe(1);
  const nothing: [number?, number?][] = [[6], [100], [0, 0], [0, -1], [3, Number.NaN]];
  for (const [from, count] of nothing) {
    expect(port.enqueueBurst(burst, from, count)).toBe(0);
    expect(port.refusal).toBe(REFUSAL.NONE);
  }
  r.pass();
  expect(took(port)).toEqual([2, 3, 4, 5, 0]);
});

test('a burst ends at its first refused NEW; what stands before it is accepted', async () => {
  const r = await rig({
    eventsLimit: 3,
    queues: [{ type: 'parallel' }, { type: 'parallel' }],
    ports: [{ links: [0] }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  const batch = take(r.ports[0]!);
  const mixed = burstOf(
    { op: OP.FORWARD, queueId: 1, implOpaque: batch.implOpaque(0) },
    { op: OP.NEW, queueId: 1 },
    { op: OP.NEW, queueId: 1 },
    { op: OP.RELEASE, implOpaque: batch.implOpaque(1) },
  );
  expect(r.ports[0]!.enqueueBurst(mixed)).toBe(2);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
  expect(r.ports[0]!.outstanding).toBe(1);
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 4, inflight: 3 });
  expectCreditsSumUp(r);
});

test('checks come in the order PORT_DISABLED, NOT_STARTED, THRESHOLD, CREDIT', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ newEventThreshold: 2 }, {}],
    started: false,
  });
  const [limited, other] = [r.ports[0]!, r.ports[1]!];
  const refusal = (count: number): number[] => [send(limited, ...fresh(count)), limited.refusal];
  expect(refusal(1)).toEqual([0, REFUSAL.NOT_STARTED]);
  await r.domain.start();
  // Two credits of its own: at the threshold both rules refuse, and THRESHOLD is told.
  expect(refusal(3)).toEqual([2, REFUSAL.THRESHOLD]);
  expect(refusal(1)).toEqual([0, REFUSAL.THRESHOLD]);
  await r.domain.stop();
  await r.domain.start();
  // All credits taken by the other port: below the threshold, CREDIT.
  expect(send(other, ...fresh(9))).toBe(2);
  r.pass();
  await r.domain.stop();
  expect(refusal(1)).toEqual([0, REFUSAL.NOT_STARTED]);
  await r.domain.reclaim(0);
  expect(refusal(1)).toEqual([0, REFUSAL.PORT_DISABLED]);
  await r.domain.start();
  expect(refusal(1)).toEqual([0, REFUSAL.PORT_DISABLED]);
});

test('CREDIT is told when the threshold leaves room', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ newEventThreshold: 3 }, {}],
  });
  expect(send(r.ports[0]!, ...fresh(3))).toBe(2);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
});

test('the threshold compares with the events of the whole domain, queued or held', async () => {
  const r = await rig({
    eventsLimit: 64,
    queues: [{ type: 'parallel' }],
    ports: [{ newEventThreshold: 10 }, {}, { links: [0], dequeueDepth: 2 }],
  });
  send(r.ports[1]!, ...fresh(7));
  r.pass();
  took(r.ports[2]!);
  expect(send(r.ports[0]!, ...fresh(5))).toBe(3);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.THRESHOLD);
  expect(send(r.ports[0]!, {})).toBe(0);
  r.pass();
  expect(send(r.ports[0]!, {})).toBe(0);
  r.ports[2]!.release(2);
  r.pass();
  expect(send(r.ports[0]!, ...fresh(5))).toBe(2);
  // Another port is not bound by it.
  r.pass();
  expect(send(r.ports[1]!, ...fresh(5))).toBe(5);
});

test('FORWARD and RELEASE pass above the threshold', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0], newEventThreshold: 1 }, {}],
  });
  send(r.ports[1]!, ...fresh(8));
  r.pass();
  const batch = take(r.ports[0]!);
  for (let i = 0; i < 4; i++) {
    const one = new EventBurst(1);
    one.append(batch, i);
    expect(r.ports[0]!.enqueueBurst(one)).toBe(1);
  }
  expect(r.ports[0]!.release(4)).toBe(4);
  expect(send(r.ports[0]!, {})).toBe(0);
});

test('reserved bits are cleared, every other field is carried', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  const burst = burstOf({
    flowId: 0xa_bcde,
    subEventType: 0x5a,
    eventType: 0xb,
    schedType: 3,
    priority: 199,
    payload: 0x8765_4321,
    payloadHigh: 0xfedc_ba98,
  });
  burst.words[1] = burst.words[1]! | (0xf << 2);
  r.ports[0]!.enqueueBurst(burst);
  r.pass();
  const got = take(r.ports[0]!);
  expect((got.words[1]! >>> 2) & 0xf).toBe(0);
  expect(got.attempts(0)).toBe(0);
  expect(got.words[0]).toBe(burst.words[0]);
  expect(got.words.slice(2, 4)).toEqual(burst.words.slice(2, 4));
  expect([got.schedType(0), got.queueId(0), got.priority(0)]).toEqual([3, 0, 199]);
});

test('a delivered event is ready to be forwarded: append, set the queue, enqueue', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'directed' }],
    ports: [{ links: [0] }, { links: [1] }],
  });
  send(r.ports[1]!, { payload: 5 });
  r.pass();
  const got = take(r.ports[0]!);
  expect(got.op(0)).toBe(OP.FORWARD);
  got.setQueueId(0, 1);
  expect(r.ports[0]!.enqueueBurst(got)).toBe(1);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([5]);
});

test('the enqueued burst is left as it is', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  const burst = burstOf(...fresh(3), { op: OP.RELEASE });
  const before = burst.words.slice();
  r.ports[0]!.enqueueBurst(burst);
  expect(burst.words).toEqual(before);
  expect(burst.length).toBe(4);
});

test('all credits fit into one ring, over and over', async () => {
  const r = await rig({
    eventsLimit: 100,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0], enqueueDepth: 4096, dequeueDepth: 128 }],
  });
  for (let round = 0; round < 60; round++) {
    const burst = burstOf(...fresh(100));
    expect(r.ports[0]!.enqueueBurst(burst)).toBe(100);
    r.pass();
    const got = take(r.ports[0]!);
    expect(r.ports[0]!.enqueueBurst(got)).toBe(100);
    expect(drain(r)[0]).toEqual(upTo(100));
  }
  expectEmpty(r);
  expect(r.stats().ports[0]!.refused).toEqual({ credit: 0, threshold: 0, ringFull: 0 });
});

test('a port that waits for its turn refuses by the same order', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}], started: false });
  const { attachPort } = await import('../../lib/index.js');
  r.ports[0]!.detach();
  const next = attachPort(r.domain.attachment(0));
  expect([next.enqueueBurst(burstOf({})), next.refusal]).toEqual([0, REFUSAL.NOT_STARTED]);
});
