/** Why events are not delivered: every reason, for programs and in words. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { attachPort, openDevice, SCHED } from '../../lib/index.js';
import { domainLayout, HEADER } from '../../lib/memory/layout.js';
import { addRig, fresh, inlineDevice, refusalOf, rig, send, take } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const FLOW = 7;

/** Port 0 produces; ports 1 and 2 take one event at a time from an atomic queue. */
function atomic(): Promise<Rig> {
  const consumer = { links: [0], dequeueDepth: 1 };
  return rig({ queues: [{ type: 'atomic' }], ports: [{}, consumer, consumer] });
}

/** Events of one flow; the first goes to port 1. */
async function oneFlow(count: number): Promise<Rig> {
  const r = await atomic();
  send(r.ports[0]!, ...fresh(count, { flowId: FLOW }));
  r.pass();
  return r;
}

test('a flow of which there is nothing', async () => {
  const r = await atomic();
  expect(await r.domain.why(0, FLOW)).toEqual({
    queue: 0,
    flow: FLOW,
    reason: 'idle',
    waiting: 0,
    text: 'flow 7 is idle: none of its events waits or is held',
  });
});

test('a flow whose port has all of it', async () => {
  const r = await oneFlow(1);
  expect(await r.domain.why(0, FLOW)).toEqual({
    queue: 0,
    flow: FLOW,
    reason: 'held',
    port: 1,
    waiting: 0,
    text: 'flow 7 is on port 1, which holds 1 event of it; none waits',
  });
});

test('a flow whose port has no room, though another has', async () => {
  const r = await oneFlow(3);
  expect(await r.domain.why(0, FLOW)).toEqual({
    queue: 0,
    flow: FLOW,
    reason: 'no-room',
    port: 1,
    waiting: 2,
    text: 'flow 7 is on port 1, its CQ is full',
  });
  // One that shares its slot waits with it.
  expect(await r.domain.why(0, FLOW + 16_384)).toMatchObject({ reason: 'idle' });
});

test('a flow that moves on in the next pass', async () => {
  const r = await oneFlow(3);
  take(r.ports[1]!);
  // The pass that sees the room delivers into it: what else waits has none again.
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({ reason: 'no-room', waiting: 1 });
  take(r.ports[1]!);
  r.ports[1]!.release(2);
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({ reason: 'held', waiting: 0 });
});

test('a flow whose port is disabled', async () => {
  const r = await oneFlow(3);
  take(r.ports[1]!);
  await r.domain.disablePort(1);
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'port-disabled',
    port: 1,
    waiting: 2,
    text: 'flow 7 is on port 1, it is disabled',
  });
});

test('a flow whose port is linked no more', async () => {
  const r = await oneFlow(3);
  r.domain.unlink(1, 0);
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'not-linked',
    port: 1,
    waiting: 2,
    text: expect.stringMatching(/^flow 7 is on port 1, which is linked to queue 0 no more: /),
  });
});

test('a queue without links', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}] });
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(await r.domain.why(0)).toEqual({
    queue: 0,
    flow: null,
    reason: 'not-linked',
    waiting: 2,
    text: '2 events of queue 0 waiting: it is linked to no port',
  });
});

test('a queue whose ports cannot take anything: all of them are named', async () => {
  const consumer = { links: [0], dequeueDepth: 1 };
  const ports = [{}, consumer, consumer, consumer];
  const r = await rig({ queues: [{ type: 'parallel' }], ports, attach: [0, 1, 2] });
  await r.domain.disablePort(2);
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  expect(await r.domain.why(0)).toEqual({
    queue: 0,
    flow: null,
    reason: 'no-room',
    waiting: 1,
    text: '1 event of queue 0 waiting: port 1: its CQ is full; port 2: it is disabled; port 3: it has no thread',
  });
  r.ports[1]!.detach();
  r.pass(2);
  expect(await r.domain.why(0)).toMatchObject({ reason: 'no-thread', waiting: 2 });
});

test('a flow that nobody holds has the reason of its queue', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}] });
  send(r.ports[0]!, ...fresh(2, { flowId: FLOW }));
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'not-linked',
    waiting: 2,
    text: 'flow 7 is on no port; 2 events of queue 0 waiting: it is linked to no port',
  });
});

test('an ordered queue whose window is full, and who holds the oldest place', async () => {
  const queues = [{ type: 'ordered', sequences: 2 }] as const;
  const r = await rig({ queues, ports: [{}, { links: [0] }, { links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(await r.domain.why(0)).toMatchObject({
    reason: 'window-full',
    port: 1,
    waiting: 2,
    text: '2 events of queue 0 waiting: its window is full: 2 places wait for port 1',
  });
  // A flow has no say in an ordered queue.
  expect(await r.domain.why(0, FLOW)).toMatchObject({ reason: 'window-full', flow: FLOW });
});

test('a queue of which nothing waits', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  const nothing = { reason: 'idle', text: 'no event of queue 0 waits; no port holds one' };
  expect(await r.domain.why(0)).toMatchObject(nothing);
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  const held = { reason: 'idle', text: 'no event of queue 0 waits; held by port 1' };
  expect(await r.domain.why(0)).toMatchObject(held);
});

test('an any queue: its atomic events have flows', async () => {
  const consumer = { links: [0], dequeueDepth: 1 };
  const r = await rig({ queues: [{ type: 'any' }], ports: [{}, consumer, consumer] });
  send(r.ports[0]!, ...fresh(2, { flowId: FLOW, schedType: SCHED.ATOMIC }));
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({ reason: 'no-room', port: 1, waiting: 1 });
});

test('a port that holds as much as its history', async () => {
  const consumer = { links: [0], dequeueDepth: 4, historyDepth: 1 };
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, consumer] });
  send(r.ports[0]!, ...fresh(2, { flowId: FLOW }));
  r.pass();
  take(r.ports[1]!);
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'history-full',
    port: 1,
    waiting: 1,
    text: 'flow 7 is on port 1, it holds as many events as it may',
  });
});

test('a queue that has its inflights out, and a flow of it whose port has room', async () => {
  const consumer = { links: [0], dequeueDepth: 8 };
  const r = await rig({ queues: [{ type: 'atomic', inflights: 2 }], ports: [{}, consumer] });
  send(r.ports[0]!, ...fresh(2, { flowId: FLOW }), ...fresh(3, { flowId: 9 }));
  r.pass();
  expect(await r.domain.why(0)).toMatchObject({
    reason: 'inflight-limit',
    waiting: 3,
    text: '3 events of queue 0 waiting: 2 events of it are out, and that is all there may be',
  });
  send(r.ports[0]!, { flowId: FLOW });
  r.pass();
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'inflight-limit',
    port: 1,
    waiting: 1,
    text: 'flow 7 is on port 1, which has room; 2 events of it are out, and that is all there may be',
  });
});

test('links that are in progress on a DLB model', async () => {
  const consumer = { links: [0], dequeueDepth: 8 };
  const queues = [{ type: 'parallel' }, { type: 'parallel' }] as const;
  const spec = { queues, ports: [{}, consumer, { links: [1] }] };
  const r = await addRig(await inlineDevice('dlb2.5'), spec);
  send(r.ports[0]!, ...fresh(2), { queueId: 1 });
  r.pass();
  r.domain.link(2, 0);
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  expect(await r.domain.why(0)).toMatchObject({
    reason: 'link-in-progress',
    waiting: 3,
    text: expect.stringMatching(/^3 events of queue 0 waiting: a port is being linked to it/),
  });
  r.domain.unlink(2, 0);
  r.domain.unlink(2, 1);
  r.domain.link(2, 0);
  take(r.ports[1]!);
  r.ports[1]!.release(2);
  await r.domain.disablePort(1);
  r.pass();
  expect(await r.domain.why(0)).toMatchObject({ reason: 'unlink-in-progress', waiting: 3 });
});

test('a domain that is being stopped', async () => {
  const r = await oneFlow(3);
  take(r.ports[1]!);
  const stopped = r.domain.stop(undefined, { graceMs: 50 });
  // A thread has an event in hand, so the grace is waited for.
  await sleep(5);
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'stopping',
    waiting: 2,
    text: 'nothing is delivered: the domain is being stopped; 2 events of queue 0 waiting',
  });
  expect(await stopped).toEqual({ flushed: 3 });
  expect(await r.domain.why(0, FLOW)).toMatchObject({ reason: 'idle', waiting: 0 });
});

test('a port that wrote nonsense', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }] });
  const { memory, shape } = r.domain.attachment(1);
  const words = new Int32Array(memory);
  const { headAt, tailAt } = domainLayout(shape).ports[1]!.cq;
  words[headAt] = words[tailAt]! + 1000;
  words[HEADER.DOORBELL] = 1 << 1;
  send(r.ports[0]!, ...fresh(1, { flowId: FLOW }));
  r.pass(2);
  expect(await r.domain.why(0, FLOW)).toMatchObject({
    reason: 'port-cut-off',
    text: 'flow 7 is on no port; 1 event of queue 0 waiting: port 1: it is cut off',
  });
});

test('what is asked has to exist', async () => {
  const r = await atomic();
  expect(await refusalOf(() => r.domain.why(1))).toMatchObject({ code: 'ERR_DLB_INVALID_QID' });
  const code = 'ERR_DLB_INVALID_ARGUMENT';
  for (const flow of [-1, 2 ** 20, 1.5]) {
    expect(await refusalOf(() => r.domain.why(0, flow))).toMatchObject({
      code,
      details: { field: 'flowId' },
    });
  }
  await r.domain.close();
  expect(await refusalOf(() => r.domain.why(0))).toMatchObject({ code: 'ERR_DLB_DOMAIN_CLOSED' });
});

test('a scheduler worker tells how long the oldest event has been held', async () => {
  await using device = await openDevice();
  const ports = [{}, { links: [0], dequeueDepth: 1, implicitRelease: false }];
  const domain = await device.createDomain({ eventsLimit: 8, queues: [{ type: 'atomic' }], ports });
  await domain.start();
  using producer = attachPort(domain.attachment(0));
  using consumer = attachPort(domain.attachment(1));
  expect(send(producer, ...fresh(2, { flowId: FLOW }))).toBe(2);
  await consumer.ready();
  await sleep(20);
  const { heldMs, reason, text } = await domain.why(0, FLOW);
  expect(reason).toBe('no-room');
  expect(heldMs).toBeGreaterThanOrEqual(19);
  expect(text).toBe(`flow 7 is on port 1, its CQ is full, oldest held ${heldMs} ms`);
});
