/** C1: every accepted event is completed once, or counted in one drop counter, or flushed. */
import { expect, test } from '@jest/globals';
import { attachPort, OP } from '../../lib/index.js';
import type { QueueType } from '../../lib/index.js';
import {
  ascending,
  burstOf,
  drain,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  rig,
  send,
  take,
  took,
  upTo,
} from './harness.js';
import type { Rig } from './harness.js';

/** All counters of drops together. */
function droppedAnywhere({ stats }: Rig): number {
  const { dropped, ports, queues } = stats();
  return [...ports, ...queues].reduce((sum, each) => sum + each.dropped, dropped);
}

const TYPES: QueueType[] = ['atomic', 'ordered', 'parallel', 'directed'];

test.each(TYPES)('every event of an %s queue is delivered exactly once', async (type) => {
  const depth = { dequeueDepth: 4 };
  const workers = type === 'directed' ? [1] : [1, 2, 3];
  const r = await rig({
    eventsLimit: 256,
    queues: [{ type, sequences: 16 }],
    ports: [{ enqueueDepth: 256 }, ...workers.map(() => ({ ...depth, links: [0] }))],
  });
  const events = fresh(200).map((event, i) => ({ ...event, flowId: (i * 7) % 13 }));
  let sent = 0;
  const got: number[] = [];
  for (let round = 0; sent < 200 && round < 200; round++) {
    sent += r.ports[0]!.enqueueBurst(burstOf(...events), sent);
    got.push(...drain(r).flat());
  }
  expect(got.toSorted(ascending)).toEqual(upTo(200));
  const { rx, tx, dropped, queues } = r.stats();
  expect({ rx, tx, dropped }).toEqual({ rx: 200, tx: 200, dropped: 0 });
  expect(queues[0]).toMatchObject({ rx: 200, tx: 200, dropped: 0, inflight: 0 });
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('an event to an unknown queue is accepted, dropped and counted once, on its port', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{ links: [0] }, {}] });
  expect(send(r.ports[1]!, { queueId: 20 }, { queueId: 0, payload: 7 }, { queueId: 255 })).toBe(3);
  r.pass();
  const { rx, dropped, inflight, ports, queues } = r.stats();
  expect(ports.map((port) => port.dropped)).toEqual([0, 2]);
  expect([dropped, queues[0]!.dropped, queues[0]!.rx]).toEqual([0, 0, 1]);
  expect([rx, ports[1]!.rx, inflight]).toEqual([3, 3, 1]);
  expectCreditsSumUp(r);
  expect(took(r.ports[0]!)).toEqual([7]);
});

test('an event forwarded to an unknown queue ends there', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{ links: [0] }, {}] });
  send(r.ports[1]!, { flowId: 3 });
  r.pass();
  const burst = take(r.ports[0]!);
  expect(forward(r.ports[0]!, burst, 0, 9)).toBe(1);
  expect(r.ports[0]!.outstanding).toBe(0);
  r.pass();
  const { rx, dropped, ports, queues } = r.stats();
  expect(ports.map((port) => port.dropped)).toEqual([1, 0]);
  expect([rx, dropped, queues[0]!.dropped]).toEqual([2, 0, 0]);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a piece beyond what its queue takes is dropped and counted once, on the queue', async () => {
  const r = await rig({ queues: [{ type: 'ordered' }], ports: [{ links: [0] }, {}] });
  send(r.ports[1]!, {});
  r.pass();
  take(r.ports[0]!);
  expect(send(r.ports[0]!, { op: OP.FRAGMENT, payload: 1 })).toBe(1);
  r.pass();
  expect(r.ports[0]!.outstanding).toBe(1);
  const { dropped, inflight, ports, queues } = r.stats();
  expect([dropped, ports[0]!.dropped, queues[0]!.dropped, inflight]).toEqual([0, 0, 1, 1]);
  r.ports[0]!.release(1);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('pieces can never crowd accepted events out of the ring', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, { enqueueDepth: 64 }],
  });
  expect(send(r.ports[1]!, ...fresh(2))).toBe(2);
  expect(send(r.ports[1]!, ...fresh(40, { op: OP.FRAGMENT }, 100))).toBe(40);
  r.pass();
  expect(r.ports[1]!.state).toBe('started');
  // Pieces of nothing: each is dropped and counted in one place.
  expect(droppedAnywhere(r)).toBe(40);
  expect(r.stats()).toMatchObject({ rx: 42, inflight: 2 });
  expectCreditsSumUp(r);
  expect(took(r.ports[0]!)).toEqual([0, 1]);
});

test('an event is delivered again only if its port was reclaimed or detached', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 8 }],
  });
  send(r.ports[0]!, ...fresh(8));
  r.pass();
  expect(took(r.ports[1]!, 5)).toEqual(upTo(5));
  r.ports[1]!.release(2);
  r.ports[1]!.detach();
  r.pass();
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  // Two were completed; three in hand and three in the CQ come again.
  const again = take(next);
  expect(upTo(again.length).map((i) => again.payload(i))).toEqual([2, 3, 4, 5, 6, 7]);
  expect(upTo(6).map((i) => again.attempts(i))).toEqual([0, 0, 0, 0, 0, 0]);
  next.release(6);
  r.pass();
  expect(r.stats().tx).toBe(8 + 6);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('accepted events are completed, dropped, flushed or inside at every moment', async () => {
  const r = await rig({
    eventsLimit: 32,
    queues: [{ type: 'ordered' }, { type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }, { links: [1], dequeueDepth: 4 }],
  });
  let accepted = 0;
  let completed = 0;
  const settle = (): void => {
    expect(r.stats().inflight).toBe(accepted - completed - droppedAnywhere(r));
    expectCreditsSumUp(r);
  };
  for (let round = 0; round < 50; round++) {
    accepted += send(r.ports[0]!, ...fresh(5, { flowId: round % 3 }));
    settle();
    r.pass();
    settle();
    const batch = take(r.ports[1]!);
    // The first goes nowhere, the others go on.
    for (let i = 0; i < batch.length; i++) forward(r.ports[1]!, batch, i, i === 0 ? 77 : 1);
    r.pass();
    settle();
    completed += take(r.ports[2]!).length;
    r.ports[2]!.release(r.ports[2]!.outstanding);
    r.pass();
    settle();
  }
  const dropped = droppedAnywhere(r);
  expect(accepted).toBeGreaterThan(100);
  expect([dropped, r.stats().ports[1]!.dropped]).toEqual([50, 50]);
  // Some wait in queues, CQs and the ring; a stop without a callback counts them as well.
  accepted += send(r.ports[0]!, ...fresh(9));
  r.pass();
  accepted += send(r.ports[0]!, ...fresh(3));
  const { flushed } = await r.domain.stop();
  expect(flushed).toBeGreaterThanOrEqual(12);
  expect(flushed).toBe(accepted - completed - dropped);
  expect(droppedAnywhere(r)).toBe(dropped);
  expectEmpty(r);
});
