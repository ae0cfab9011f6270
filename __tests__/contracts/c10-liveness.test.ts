/** C10: no lost wake-up, no batch stuck below a minimum, no credit hoarded by an idle port. */
import { expect, test } from '@jest/globals';
import { EventBurst } from '../../lib/index.js';
import type { QueueType } from '../../lib/index.js';
import { fresh, rig, send, took, upTo } from './harness.js';

const TYPES: QueueType[] = ['atomic', 'ordered', 'parallel', 'directed'];

test.each(TYPES)('one pass takes a single event to the CQ of an %s queue', async (type) => {
  const r = await rig({ queues: [{ type }], ports: [{}, { links: [0] }] });
  for (let i = 0; i < 20; i++) {
    send(r.ports[0]!, { payload: i });
    r.pass();
    expect(took(r.ports[1]!)).toEqual([i]);
    r.ports[1]!.release(1);
  }
});

test('one pass takes in, decides and delivers what every port enqueued', async () => {
  const r = await rig({
    eventsLimit: 256,
    queues: [{ type: 'parallel' }],
    ports: upTo(64).map((id) => (id === 5 ? { links: [0], dequeueDepth: 64 } : {})),
  });
  for (const port of r.ports) send(port, { payload: port.id });
  expect(r.pass()).toBe(64);
  expect(took(r.ports[5]!)).toEqual(upTo(64));
});

test('a completion frees its flow for an event of the same pass', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }],
  });
  send(r.ports[0]!, { flowId: 1, payload: 1 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1]);
  r.ports[1]!.release(1);
  send(r.ports[0]!, { flowId: 1, payload: 2 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([2]);
});

test('a dequeue alone makes room for events that wait', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 2 }],
  });
  send(r.ports[0]!, ...fresh(7));
  const seen: number[] = [];
  for (let i = 0; i < 7; i++) {
    r.pass();
    seen.push(...took(r.ports[1]!, 1));
  }
  expect(seen).toEqual(upTo(7));
});

test('a pass over a domain with nothing to do moves nothing', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }] });
  r.pass();
  expect(r.pass(100)).toBe(0);
  send(r.ports[0]!, {});
  expect(r.pass()).toBe(1);
  expect(r.pass(100)).toBe(0);
});

test('a port that waits is told of an event, not before it is in its CQ', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  let told: boolean | null = null;
  const waiting = r.ports[1]!.ready().then((is) => (told = is));
  await new Promise(setImmediate);
  expect(told).toBe(null);
  send(r.ports[0]!, {});
  await new Promise(setImmediate);
  expect(told).toBe(null);
  r.pass();
  expect(await waiting).toBe(true);
  expect(took(r.ports[1]!)).toHaveLength(1);
  // What was taken does not count for the next wait.
  const next = r.ports[1]!.ready();
  await r.domain.stop();
  expect(await next).toBe(false);
});

test.each(['stop', 'close', 'reclaim', 'detach'] as const)(
  'a port that waits is told when %s ends its wait',
  async (how) => {
    const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
    const all = [r.ports[1]!.ready(), r.ports[1]!.ready({ depth: 8, withinMs: 60_000 })];
    await new Promise(setImmediate);
    if (how === 'stop') await r.domain.stop();
    else if (how === 'close') await r.domain.close();
    else if (how === 'reclaim') await r.domain.reclaim(1);
    else r.ports[1]!.detach();
    r.pass();
    expect(await Promise.all(all)).toEqual([false, false]);
  },
);

test('a port may wait before the start', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0] }],
    started: false,
  });
  const waiting = r.ports[1]!.ready();
  await r.domain.start();
  send(r.ports[0]!, { payload: 3 });
  r.pass();
  expect(await waiting).toBe(true);
  expect(took(r.ports[1]!)).toEqual([3]);
});

test('a blocking dequeue with nothing to come ends when its time is over', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  const burst = new EventBurst(4);
  burst.push({});
  expect(r.ports[1]!.dequeueBurst(burst, 4, 5)).toBe(0);
  expect(burst.length).toBe(0);
  // What waits already is taken at once, however long one would wait.
  send(r.ports[0]!, {});
  r.pass();
  expect(r.ports[1]!.dequeueBurst(burst, 4, Infinity)).toBe(1);
});
