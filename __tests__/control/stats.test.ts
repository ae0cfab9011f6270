/** Statistics: exact after each call of an inline device. */
import { expect, test } from '@jest/globals';
import { attachPort, OP } from '../../lib/index.js';
import {
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  rig,
  send,
  take,
  took,
} from '../contracts/harness.js';

test('three events of one flow, seen from domain, ports and queue', async () => {
  const r = await rig({
    eventsLimit: 32,
    queues: [{ type: 'atomic' }],
    ports: [{}, {}, { links: [0], dequeueDepth: 32 }, {}],
  });
  send(r.ports[0]!, ...fresh(3, { flowId: 7 }));
  expect(r.stats()).toMatchObject({ rx: 0, inflight: 3 });
  expect(r.stats().ports[0]).toMatchObject({ rx: 0, credits: 5, enqueueUsed: 3 });
  r.pass();
  const { passes, creditsFree, ports, ...domain } = r.stats();
  expect(passes).toBeGreaterThanOrEqual(1);
  expect(creditsFree + ports.reduce((sum, port) => sum + port.credits, 0)).toBe(29);
  expect(domain).toEqual({
    rx: 3,
    tx: 3,
    dropped: 0,
    inflight: 3,
    queues: [
      {
        rx: 3,
        tx: 3,
        dropped: 0,
        inflight: 3,
        reordered: 0,
        iqUsed: [0, 0, 0, 0, 0, 0, 0, 0],
        pinned: [{ port: 2, flows: 1, events: 3 }],
      },
    ],
  });
  const none = { dropped: 0, enqueueUsed: 0, misordered: 0 };
  const refused = { credit: 0, threshold: 0, ringFull: 0 };
  expect(ports[0]).toMatchObject({ ...none, rx: 3, tx: 0, inflight: 0, cqUsed: 0, refused });
  expect(ports[1]).toMatchObject({ ...none, rx: 0, tx: 0, inflight: 0, cqUsed: 0, refused });
  expect(ports[2]).toMatchObject({ rx: 0, tx: 3, inflight: 3, cqUsed: 3, cqFree: 29, refused });
});

test('a reset sets counts to zero and leaves levels as they are', async () => {
  const r = await rig({
    eventsLimit: 8,
    queues: [{ type: 'atomic' }, { type: 'parallel' }],
    ports: [{ enqueueDepth: 4 }, { links: [0], dequeueDepth: 2 }],
  });
  send(r.ports[0]!, ...fresh(3, { flowId: 7 }), { queueId: 9 });
  send(r.ports[0]!, ...fresh(5));
  send(r.ports[0]!, {});
  r.pass();
  const before = r.stats();
  expect(before.ports[0]!.refused).toEqual({ credit: 2, threshold: 0, ringFull: 0 });
  r.domain.resetStats();
  const after = r.stats();
  const levels = (s: typeof before) => ({
    inflight: s.inflight,
    free: s.creditsFree,
    ports: s.ports.map((p) => [p.inflight, p.credits, p.enqueueUsed, p.cqUsed, p.cqFree]),
    queues: s.queues.map((q) => [q.inflight, q.iqUsed, q.pinned]),
  });
  expect(levels(after)).toEqual(levels(before));
  expect(after).toMatchObject({ rx: 0, tx: 0, dropped: 0, passes: 0 });
  for (const port of after.ports) {
    expect(port).toMatchObject({ rx: 0, tx: 0, dropped: 0, misordered: 0 });
    expect(port.refused).toEqual({ credit: 0, threshold: 0, ringFull: 0 });
  }
  for (const queue of after.queues) {
    expect(queue).toMatchObject({ rx: 0, tx: 0, dropped: 0, reordered: 0 });
  }
  // Counting goes on from there.
  took(r.ports[1]!);
  r.pass();
  expect(r.stats()).toMatchObject({ rx: 0, tx: 1, passes: 1 });
  expectCreditsSumUp(r);
});

test('rx counts NEW and FORWARD, tx each delivery, a RELEASE is no event', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  const batch = take(r.ports[1]!);
  forward(r.ports[1]!, batch, 0, 1);
  forward(r.ports[1]!, batch, 1, 1);
  r.ports[1]!.release(1);
  send(r.ports[1]!, { op: OP.RELEASE });
  r.pass();
  await r.domain.reclaim(2);
  r.pass();
  const { rx, tx, ports, queues } = r.stats();
  expect([rx, tx]).toEqual([6, 6]);
  expect(ports.map((port) => [port.rx, port.tx])).toEqual([
    [4, 0],
    [2, 4],
    [0, 2],
  ]);
  expect(queues.map((queue) => [queue.rx, queue.tx])).toEqual([
    [4, 4],
    [2, 2],
  ]);
});

test('a piece of an event counts as taken in', async () => {
  const r = await rig({ queues: [{ type: 'ordered' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, {});
  r.pass();
  take(r.ports[1]!);
  send(r.ports[1]!, { op: OP.FRAGMENT });
  r.pass();
  expect([r.stats().rx, r.stats().ports[1]!.rx]).toEqual([2, 1]);
});

test('misordered counts each completion that names another event', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  const batch = take(r.ports[0]!);
  for (const i of [0, 2, 1, 3]) {
    send(r.ports[0]!, { op: OP.RELEASE, implOpaque: batch.implOpaque(i) });
  }
  expect(r.stats().ports[0]!.misordered).toBe(2);
  r.pass();
  expect(r.stats().inflight).toBe(0);
});

test('a refused burst counts once, by its reason', async () => {
  const r = await rig({
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{ enqueueDepth: 2 }, { newEventThreshold: 1 }],
  });
  expect(send(r.ports[0]!, ...fresh(3))).toBe(2);
  expect(send(r.ports[0]!, ...fresh(2))).toBe(2);
  expect(send(r.ports[0]!, ...fresh(2))).toBe(0);
  r.pass();
  expect(send(r.ports[1]!, ...fresh(4))).toBe(0);
  const [a, b] = r.stats().ports.map((port) => port.refused);
  expect(a).toEqual({ credit: 1, threshold: 0, ringFull: 1 });
  expect(b).toEqual({ credit: 0, threshold: 1, ringFull: 0 });
});

test('passes counts passes, cqUsed follows a dequeue at once', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0], dequeueDepth: 4 }],
  });
  const { passes } = r.stats();
  send(r.ports[0]!, ...fresh(3));
  r.pass(5);
  expect(r.stats().passes).toBe(passes + 5);
  took(r.ports[0]!, 2);
  expect(r.stats().ports[0]).toMatchObject({ cqUsed: 1, cqFree: 3, inflight: 3 });
});

test('cqUsed is zero after a stop, also of a port whose next owner has not come round', async () => {
  const r = await rig({
    queues: [{ type: 'directed' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }],
  });
  send(r.ports[0]!, ...fresh(1));
  r.pass();
  r.ports[1]!.detach();
  attachPort(r.domain.attachment(1));
  r.pass();
  expect(r.stats().ports[1]).toMatchObject({ inflight: 1, cqUsed: 1, cqFree: 0 });
  expect(await r.domain.stop()).toEqual({ flushed: 1 });
  // cqUsed reads 2, twice the depth of the CQ.
  expectEmpty(r);
});
