/** C7: NEW takes a credit, the end of an event gives it back, and their sum never changes. */
import { expect, test } from '@jest/globals';
import { attachPort, OP, REFUSAL } from '../../lib/index.js';
import { burstOf, drain, expectCreditsSumUp, expectEmpty, forward, fresh } from './harness.js';
import { rig, send, take, took, upTo } from './harness.js';

const WITHIN_PASSES = 16;

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

test.each([2, 3, 16, 64])('a wish among %i ports gets the last free credit', async (count) => {
  const eventsLimit = count * 3 + 1;
  const r = await rig({
    eventsLimit,
    queues: [{ type: 'parallel' }],
    ports: upTo(count).map(() => ({})),
  });
  let accepted = 0;
  for (let pass = 0; pass <= WITHIN_PASSES; pass++) {
    accepted += send(r.ports[count - 1]!, ...fresh(eventsLimit - accepted));
    r.pass();
  }
  expect(accepted).toBe(eventsLimit);
  const { creditsFree, inflight, ports } = r.stats();
  expect([creditsFree, inflight]).toEqual([0, eventsLimit]);
  expect(ports.every((port) => port.credits === 0)).toBe(true);
});

test('two wishers with more wishes than credits both get some', async () => {
  const r = await rig({
    eventsLimit: 10,
    queues: [{ type: 'parallel' }],
    ports: [{}, {}, {}, {}, {}],
  });
  send(r.ports[0]!, ...fresh(10));
  send(r.ports[1]!, ...fresh(10));
  const got = [2, 2];
  for (let pass = 0; pass < WITHIN_PASSES; pass++) {
    r.pass();
    for (const id of [0, 1]) got[id]! += send(r.ports[id]!, ...fresh(10));
  }
  expect(got[0]! + got[1]!).toBe(10);
  expect(Math.min(...got)).toBeGreaterThanOrEqual(4);
});

test('credits that come free go to a standing wish', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, {}, {}],
  });
  expect(send(r.ports[1]!, ...fresh(9))).toBe(1);
  r.pass();
  expect(send(r.ports[1]!, ...fresh(9))).toBe(3);
  expect(send(r.ports[2]!, {})).toBe(0);
  r.pass(3);
  expect(send(r.ports[2]!, {})).toBe(0);
  took(r.ports[0]!);
  r.ports[0]!.release(2);
  r.pass(WITHIN_PASSES);
  expect(send(r.ports[2]!, {})).toBe(1);
  expectCreditsSumUp(r);
});

test('a port that gave up wishing does not keep credits from one that wishes', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, {}],
  });
  // Port 0 wishes for more than there will ever be, gets one, and does not want it any more.
  send(r.ports[0]!, ...fresh(2));
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  took(r.ports[0]!);
  r.ports[0]!.release(1);
  r.pass();
  expect(r.stats().ports[0]!.credits).toBe(1);
  let accepted = 0;
  for (let pass = 0; pass < WITHIN_PASSES && accepted === 0; pass++) {
    accepted = send(r.ports[1]!, {});
    r.pass();
  }
  expect(accepted).toBe(1);
});

test('what a dead port had not spent is had by the others', async () => {
  const r = await rig({ eventsLimit: 8, queues: [{ type: 'parallel' }], ports: [{}, {}] });
  send(r.ports[1]!, ...fresh(3));
  await r.domain.reclaim(1);
  expectCreditsSumUp(r);
  expect(r.stats().inflight).toBe(3);
  let accepted = 0;
  for (let pass = 0; pass <= WITHIN_PASSES; pass++) {
    accepted += send(r.ports[0]!, ...fresh(8));
    r.pass();
  }
  expect(accepted).toBe(5);
});

test('credits of a detached port come back, and its next owner gets some', async () => {
  const r = await rig({ eventsLimit: 8, queues: [{ type: 'parallel' }], ports: [{}, {}] });
  send(r.ports[1]!, ...fresh(2));
  r.ports[1]!.detach();
  r.pass();
  expectCreditsSumUp(r);
  expect(r.stats().ports[1]!.credits).toBe(0);
  const next = attachPort(r.domain.attachment(1));
  let accepted = 0;
  for (let pass = 0; pass <= WITHIN_PASSES; pass++) {
    r.pass();
    accepted += next.enqueueBurst(burstOf(...fresh(8)));
  }
  expect(accepted).toBe(6);
  expectCreditsSumUp(r);
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
        else forward(r.ports[id]!, batch, i, (batch.queueId(i) + 1) % 4);
      }
    }
    took(r.ports[4]!, 5);
    r.ports[4]!.release(3);
    expectCreditsSumUp(r);
  }
  drain(r);
  expectEmpty(r);
  expectCreditsSumUp(r);
});
