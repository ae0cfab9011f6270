/** What a dequeue fills, and how a thread waits for it. */
import { expect, test } from '@jest/globals';
import { EventBurst } from '../../lib/index.js';
import { fresh, payloads, rig, send, upTo } from '../contracts/harness.js';

test('a dequeue fills from index 0 and sets the length', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  const burst = new EventBurst(8);
  burst.push({ payload: 77 });
  burst.push({ payload: 78 });
  expect(r.ports[0]!.dequeueBurst(burst, 3)).toBe(3);
  expect(payloads(burst)).toEqual([0, 1, 2]);
  expect(r.ports[0]!.dequeueBurst(burst)).toBe(2);
  expect(payloads(burst)).toEqual([3, 4]);
  expect(r.ports[0]!.dequeueBurst(burst)).toBe(0);
  expect(burst.length).toBe(0);
});

test('max is clamped to the capacity; none or nonsense takes nothing', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  const burst = new EventBurst(2);
  for (const max of [0, -5, Number.NaN]) expect(r.ports[0]!.dequeueBurst(burst, max)).toBe(0);
  expect(r.ports[0]!.dequeueBurst(burst, 100)).toBe(2);
  expect(r.ports[0]!.dequeueBurst(burst)).toBe(2);
  expect(payloads(burst)).toEqual([2, 3]);
});

test('a quiet take completes the burst before; the scheduler sees it when the port next rings', async () => {
  const r = await rig({
    queues: [{ type: 'directed' }],
    ports: [{ links: [0], dequeueDepth: 8, implicitRelease: true }],
  });
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  const burst = new EventBurst(3);
  expect(r.ports[0]!.takeBurst(burst)).toBe(3);
  expect(payloads(burst)).toEqual([0, 1, 2]);
  expect(r.ports[0]!.takeBurst(burst)).toBe(2);
  expect(r.ports[0]!.outstanding).toBe(2);
  r.pass();
  expect(r.domain.stats().inflight).toBe(5);
  expect(r.ports[0]!.release(2)).toBe(2);
  r.pass();
  expect(r.domain.stats().inflight).toBe(0);
});

test('ready resolves at once when enough events wait', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(await r.ports[0]!.ready()).toBe(true);
  expect(await r.ports[0]!.ready({ depth: 4, withinMs: 1e9 })).toBe(true);
});

test('ready with a depth resolves when that many wait', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  let isReady = false;
  const waiting = r.ports[0]!.ready({ depth: 3, withinMs: 1e9 }).then((is) => (isReady = is));
  for (const payload of upTo(2)) {
    send(r.ports[0]!, { payload });
    r.pass();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isReady).toBe(false);
  }
  send(r.ports[0]!, { payload: 2 });
  r.pass();
  expect(await waiting).toBe(true);
});

test('ready with a depth resolves when one event has waited long enough', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, {});
  r.pass();
  expect(await r.ports[0]!.ready({ depth: 1000, withinMs: 5 })).toBe(true);
  expect(await r.ports[0]!.ready({ depth: 1000 })).toBe(true);
});

test('ready resolves false when it is aborted, before or later', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  expect(await r.ports[0]!.ready({ signal: AbortSignal.abort() })).toBe(false);
  const controller = new AbortController();
  const [aborted, other] = [
    r.ports[0]!.ready({ signal: controller.signal }),
    r.ports[0]!.ready({ depth: 2, withinMs: 1e9 }),
  ];
  controller.abort();
  expect(await aborted).toBe(false);
  // The other wait of the same port goes on.
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(await other).toBe(true);
});

test('ready of a stopped, closed, detached or disabled port is false at once', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }, {}, {}] });
  r.ports[1]!.detach();
  await r.domain.reclaim(2);
  expect(await r.ports[1]!.ready()).toBe(false);
  expect(await r.ports[2]!.ready()).toBe(false);
  await r.domain.stop();
  expect(await r.ports[0]!.ready()).toBe(false);
  await r.domain.close();
  expect(await r.ports[0]!.ready()).toBe(false);
});

test('waits of different patience do not delay one another', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  send(r.ports[0]!, {});
  r.pass();
  let patientIsDone = false;
  const patient = r.ports[0]!.ready({ depth: 9, withinMs: 1e9 }).then((is) => {
    patientIsDone = true;
    return is;
  });
  expect(await r.ports[0]!.ready({ depth: 9, withinMs: 2 })).toBe(true);
  expect(patientIsDone).toBe(false);
  await r.domain.stop();
  expect(await patient).toBe(false);
});

test('a port detaches at the end of its block', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{}] });
  r.ports[0]![Symbol.dispose]();
  expect(r.ports[0]!.state).toBe('detached');
});

test('a loop that looks at `state` before it blocks does not sleep through a stop', async () => {
  const r = await rig({ queues: [{ type: 'directed' }], ports: [{ links: [0] }] });
  const port = r.ports[0]!;
  expect(port.state).toBe('started');
  await r.domain.stop();
  const begin = performance.now();
  // Without the promise this call blocks for as long as it may.
  expect(port.dequeueBurst(new EventBurst(1), 1, 20_000)).toBe(0);
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(port.state).toBe('stopped');
});

test('ready() with credits resolves when the port has them, and leaves a wish until then', async () => {
  const r = await rig({
    eventsLimit: 4,
    queues: [{ type: 'directed' }],
    ports: [{ links: [0] }, {}],
  });
  expect(await r.ports[1]!.ready({ credits: 2 })).toBe(true);
  expect(send(r.ports[1]!, ...fresh(4))).toBe(2);
  r.pass();
  let isReady = false;
  const waiting = r.ports[1]!.ready({ credits: 4 }).then((is) => (isReady = is));
  // The other port's credits come to it, the two events inside do not.
  for (let i = 0; i < 4; i++) {
    r.pass();
    await new Promise(setImmediate);
  }
  expect(isReady).toBe(false);
  expect(r.ports[0]!.dequeueBurst(new EventBurst(4))).toBe(2);
  r.ports[0]!.release(2);
  for (let i = 0; i < 16; i++) r.pass();
  expect(await waiting).toBe(true);
  expect(send(r.ports[1]!, ...fresh(4))).toBe(4);
});
