/** C7: NEW takes a credit, the end of an event gives it back, and their sum never changes. */
import { expect, test } from '@jest/globals';
import { attachPort, EventBurst, openDevice, OP, REFUSAL } from '../../lib/index.js';
import { drain, expectCreditsSumUp, expectEmpty, forward, fresh } from './harness.js';
import { rig, send, sendAll, take, took, upTo } from './harness.js';

test('at start all credits are split over the ports, to the last one', async () => {
  const r = await rig({ eventsLimit: 11, queues: [{ type: 'atomic' }], ports: [{}, {}, {}] });
  const { creditsFree, inflight, ports } = r.stats();
  expect(ports.map((port) => port.credits)).toEqual([4, 4, 3]);
  expect([creditsFree, inflight]).toEqual([0, 0]);
});

test('NEW takes one credit, RELEASE gives it back, FORWARD keeps it', async () => {
  const r = await rig({
    eventsLimit: 8,
    queues: [{ type: 'atomic' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [1] }],
  });
  const inside = (): number => {
    expectCreditsSumUp(r);
    return r.stats().inflight;
  };
  send(r.ports[0]!, {}, {});
  expect(inside()).toBe(2);
  r.pass();
  const burst = take(r.ports[1]!);
  forward(r.ports[1]!, burst, 0, 1);
  expect(inside()).toBe(2);
  r.pass();
  expect(inside()).toBe(2);
  r.ports[1]!.release(1);
  r.pass();
  expect(inside()).toBe(1);
  took(r.ports[2]!);
  r.ports[2]!.release(1);
  r.pass();
  expect(inside()).toBe(0);
});

test('an implicit release gives the credits back as well', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], implicitRelease: true }],
  });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.pass();
  expect(r.stats().inflight).toBe(2);
  expect(took(r.ports[1]!)).toEqual([]);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('with all credits in use NEW is refused, FORWARD and RELEASE are not', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }],
  });
  expect(send(r.ports[0]!, ...fresh(6))).toBe(4);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
  r.pass();
  for (let hop = 0; hop < 10; hop++) {
    const burst = take(r.ports[0]!);
    expect(burst.length).toBe(4);
    expect(send(r.ports[0]!, {})).toBe(0);
    for (let i = 0; i < 4; i++) expect(forward(r.ports[0]!, burst, i, 0)).toBe(1);
    expect(r.ports[0]!.refusal).toBe(REFUSAL.NONE);
    r.pass();
  }
  took(r.ports[0]!);
  expect(send(r.ports[0]!, ...upTo(4).map(() => ({ op: OP.RELEASE })))).toBe(4);
  r.pass();
  expectEmpty(r);
  expect(r.stats().ports[0]!.refused).toEqual({ credit: 11, threshold: 0, ringFull: 0 });
});

test('RELEASE with nothing outstanding gives no credit and takes no ring slot', async () => {
  const r = await rig({ eventsLimit: 4, queues: [{ type: 'atomic' }], ports: [{}, {}] });
  expect(send(r.ports[0]!, ...upTo(100).map(() => ({ op: OP.RELEASE })))).toBe(100);
  expect(r.stats().ports[0]!.enqueueUsed).toBe(0);
  expect(r.ports[0]!.release(3)).toBe(0);
  expect(r.pass()).toBe(0);
  expect(r.stats().rx).toBe(0);
  expectCreditsSumUp(r);
});

test('RELEASE and release() with nothing outstanding end nothing that waits in the CQ', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  expect(send(r.ports[0]!, ...upTo(5).map(() => ({ op: OP.RELEASE })))).toBe(5);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.NONE);
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 3, inflight: 3 });
  expect(r.stats().ports[0]).toMatchObject({ inflight: 3, misordered: 0 });
  expect(drain(r)[0]).toEqual([0, 1, 2]);
  expectCreditsSumUp(r);
});

test('a drop gives the credit back, of a NEW event as of a FORWARD', async () => {
  const r = await rig({ eventsLimit: 2, queues: [{ type: 'atomic' }], ports: [{ links: [0] }] });
  for (let round = 0; round < 20; round++) {
    expect(send(r.ports[0]!, {}, { queueId: 77 })).toBe(2);
    r.pass();
    expect(r.stats().inflight).toBe(1);
    expect(forward(r.ports[0]!, take(r.ports[0]!), 0, 78)).toBe(1);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  }
  expect(r.stats().ports[0]!.dropped).toBe(40);
});

test('FORWARD and RELEASE have room in the ring, however they mix, with every event in one hand', async () => {
  // A power of two: the ring has not one place more than there are events.
  const r = await rig({
    eventsLimit: 64,
    queues: [{ type: 'parallel' }, { type: 'directed' }],
    ports: [
      { links: [0], dequeueDepth: 64, enqueueDepth: 64 },
      { links: [1], dequeueDepth: 64 },
    ],
  });
  for (let round = 0; round < 20; round++) {
    sendAll(r, r.ports[0]!, fresh(64));
    r.pass();
    const batch = take(r.ports[0]!);
    expect(batch.length).toBe(64);
    // No pass in between: each RELEASE stands by itself, so each takes a slot.
    for (let i = 0; i < 64; i++) {
      if (i % 2 === 0) expect(forward(r.ports[0]!, batch, i, 1)).toBe(1);
      else expect(r.ports[0]!.release(1)).toBe(1);
      expect(r.ports[0]!.refusal).toBe(REFUSAL.NONE);
    }
    expect(r.stats().ports[0]!.enqueueUsed).toBe(64);
    r.pass();
    expect(took(r.ports[1]!)).toEqual(upTo(32).map((i) => 2 * i));
    r.ports[1]!.release(32);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  }
});

test('FORWARD with nothing outstanding counts as NEW: it takes a credit and may be refused', async () => {
  const r = await rig({ eventsLimit: 2, queues: [{ type: 'atomic' }], ports: [{ links: [0] }] });
  const orphans = fresh(3, { op: OP.FORWARD });
  expect(send(r.ports[0]!, ...orphans)).toBe(2);
  expect(r.ports[0]!.refusal).toBe(REFUSAL.CREDIT);
  expectCreditsSumUp(r);
  expect(drain(r)[0]).toEqual([0, 1]);
  expectCreditsSumUp(r);
});

test('a full count of credits is back after a long mixed run', async () => {
  const r = await rig({
    eventsLimit: 37,
    queues: [{ type: 'atomic' }, { type: 'ordered', sequences: 8 }, { type: 'directed' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }, { links: [1] }, { links: [1] }, { links: [2] }],
  });
  for (let round = 0; round < 500; round++) {
    send(r.ports[0]!, ...fresh(round % 9, { flowId: round % 5, queueId: round % 4 }));
    r.pass();
    for (const id of [1, 2, 3]) {
      const batch = take(r.ports[id]!, round % 6);
      for (let i = 0; i < batch.length; i++) {
        if ((round + i) % 4 === 0) r.ports[id]!.release(1);
        else forward(r.ports[id]!, batch, i, batch.queueId(i) + 1 + (round % 2));
      }
    }
    took(r.ports[4]!, 5);
    r.ports[4]!.release(3);
    expectCreditsSumUp(r);
  }
  // The run used them all, over and over, on all ways out.
  const { rx, ports, queues } = r.stats();
  expect(ports[0]!.rx).toBeGreaterThan(10 * r.eventsLimit);
  expect(rx).toBeGreaterThan(ports[0]!.rx);
  expect(ports.map((port) => port.dropped > 0)).toEqual([true, false, true, true, false]);
  expect(queues.every((queue) => queue.tx > r.eventsLimit)).toBe(true);
  expect(ports[0]!.refused.credit).toBeGreaterThan(0);
  drain(r);
  expectEmpty(r);
  expectCreditsSumUp(r);
  expect(send(r.ports[0]!, ...fresh(1))).toBe(1);
});

test('credits of ports that no thread has go to one that asks; who takes such a port is given a share', async () => {
  await using device = await openDevice({ scheduling: 'inline' });
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'atomic' }],
    ports: [{}, {}, { links: [0] }, ...Array.from({ length: 29 }, () => ({}))],
  });
  await domain.start();
  const [asks, silent, takes] = [0, 1, 2].map((id) => attachPort(domain.attachment(id)));
  const credits = (): number[] => domain.stats().ports.map((port) => port.credits);
  device.schedule();
  expect(credits()).toEqual(Array.from({ length: 32 }, () => 2));
  const burst = new EventBurst(32);
  for (let i = 0; i < 32; i++) burst.pushNew(0, 0, 0, i);
  expect(asks!.enqueueBurst(burst)).toBe(2);
  device.schedule();
  // The two that have a thread keep theirs.
  expect(credits()).toEqual([58, 2, 2, ...Array.from({ length: 29 }, () => 0)]);
  for (let round = 0; round < 20; round++) {
    expect(asks!.enqueueBurst(burst)).toBe(32);
    device.schedule();
    expect(takes!.dequeueBurst(new EventBurst(64))).toBeGreaterThanOrEqual(32);
    takes!.release(takes!.outstanding);
    device.schedule();
  }
  expect(silent!.enqueueBurst(burst)).toBe(2);
  const { creditsFree, inflight } = domain.stats();
  expect(creditsFree + inflight + credits().reduce((sum, each) => sum + each)).toBe(64);
  const late = attachPort(domain.attachment(31));
  let passes = 0;
  for (; late.enqueueBurst(burst, 0, 1) === 0; passes++) device.schedule();
  expect(passes).toBeLessThanOrEqual(16);
});

test('a port whose share went to another is given one when its first thread comes', async () => {
  await using device = await openDevice({ scheduling: 'inline' });
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'atomic' }],
    ports: [{}, {}, { links: [0] }],
  });
  await domain.start();
  const [asks, takes] = [0, 2].map((id) => attachPort(domain.attachment(id)));
  const burst = new EventBurst(64);
  for (let i = 0; i < 64; i++) burst.pushNew(0, 0, 0, i);
  expect(asks!.enqueueBurst(burst)).toBe(22);
  device.schedule();
  expect(domain.stats().ports[1]!.credits).toBe(0);
  // It stops for so long that what comes back is nobody's.
  for (let pass = 0; pass < 70; pass++) device.schedule();
  takes!.dequeueBurst(burst);
  takes!.release(takes!.outstanding);
  device.schedule();
  expect(domain.stats().creditsFree).toBe(22);
  const late = attachPort(domain.attachment(1));
  device.schedule();
  expect(domain.stats().ports[1]!.credits).toBe(22);
  expect(late.enqueueBurst(burst, 0, 10)).toBe(10);
});
