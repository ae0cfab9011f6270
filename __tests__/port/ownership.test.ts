/** Ports and threads: one owner at a time, generations, and what becomes of what an owner held. */
import { expect, test } from '@jest/globals';
import { attachPort, REFUSAL } from '../../lib/index.js';
import { burstOf, drain, expectCreditsSumUp, expectEmpty, fresh } from '../contracts/harness.js';
import { forward, refusalOf, rig, send, take, took } from '../contracts/harness.js';
import { upTo } from '../contracts/harness.js';

test('a port is attached once at a time', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}], attach: [] });
  const first = attachPort(r.domain.attachment(0));
  const again = await refusalOf(() => attachPort(r.domain.attachment(0)));
  expect(again.code).toBe('ERR_DLB_PORT_IN_USE');
  expect(again.details).toMatchObject({ portId: 0 });
  first.detach();
  // At once, and again before any pass.
  const second = attachPort(r.domain.attachment(0));
  second.detach();
  const third = attachPort(r.domain.attachment(0));
  expect([first.state, second.state]).toEqual(['detached', 'detached']);
  r.pass();
  expect(third.state).toBe('started');
  expect(third.enqueueBurst(burstOf({}))).toBe(1);
});

test('the next owner may come right after a detach, and sees nothing until the next pass', async () => {
  const r = await rig({
    queues: [{ type: 'directed' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  const [old] = [r.ports[1]!];
  expect(took(old, 2)).toEqual([0, 1]);
  expect(old.release(1)).toBe(1);
  old.detach();
  const next = attachPort(r.domain.attachment(1));
  expect(took(next)).toEqual([]);
  expect(next.enqueueBurst(burstOf({}))).toBe(0);
  r.pass();
  expect(took(next)).toEqual([1, 2, 3]);
  expect(next.outstanding).toBe(3);
  next.release(3);
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('what was enqueued before a detach counts', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'directed' }],
    ports: [{}, { links: [0] }, { links: [1] }],
  });
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  const batch = take(r.ports[1]!);
  forward(r.ports[1]!, batch, 0, 1);
  r.ports[1]!.release(1);
  r.ports[1]!.detach();
  send(r.ports[0]!, { queueId: 1, payload: 9 });
  r.ports[0]!.detach();
  r.pass();
  expect(took(r.ports[2]!)).toEqual(expect.arrayContaining([0, 9]));
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  expect(took(next)).toEqual([2]);
});

test('a detached port does nothing more, and says so', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{ links: [0] }] });
  const port = r.ports[0]!;
  send(port, ...fresh(3));
  r.pass();
  took(port, 2);
  port.detach();
  port.detach();
  expect(port.state).toBe('detached');
  expect([send(port, {}), took(port), port.release(1), port.outstanding]).toEqual([0, [], 0, 0]);
  expect(port.refusal).toBe(REFUSAL.PORT_DISABLED);
  r.pass();
  const next = attachPort(r.domain.attachment(0));
  r.pass();
  port.detach();
  expect(next.state).toBe('started');
  expect(took(next)).toEqual([0, 1, 2]);
});

test('a reclaimed port is given nothing until it has an owner again', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 64 }, { links: [0], dequeueDepth: 64 }],
  });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  expect(took(r.ports[1]!, 1)).toEqual([0]);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 2 });
  send(r.ports[0]!, ...fresh(4, {}, 4));
  r.pass();
  expect(r.stats().ports[1]).toMatchObject({ inflight: 0, cqUsed: 0, credits: 0 });
  expect(took(r.ports[2]!)).toEqual([1, 3, 0, 2, 4, 5, 6, 7]);
});

test('a zombie is refused everything: the thread of a port that was reclaimed', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0] }, { links: [0] }],
  });
  send(r.ports[0]!, ...fresh(4, { flowId: 1 }));
  r.pass();
  const zombie = r.ports[1]!;
  const batch = take(zombie, 2);
  await r.domain.reclaim(1);
  expect(zombie.state).toBe('disabled');
  expect(zombie.outstanding).toBe(0);
  expect([forward(zombie, batch, 0, 0), zombie.refusal]).toEqual([0, REFUSAL.PORT_DISABLED]);
  expect([zombie.release(2), took(zombie)]).toEqual([0, []]);
  expect(await zombie.ready()).toBe(false);
  // A new owner is not disturbed by it.
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  expect(send(zombie, {})).toBe(0);
  zombie.working(0);
  zombie.detach();
  r.pass();
  expect(next.state).toBe('started');
  expect(next.enqueueBurst(burstOf({ flowId: 2, payload: 9 }))).toBe(1);
  r.pass();
  const all = [...took(r.ports[2]!), ...took(next)];
  expect(all.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 9]);
  expectCreditsSumUp(r);
});

test('what a zombie wrote before it lost the port counts, once', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}, { links: [0] }] });
  send(r.ports[0]!, ...fresh(4));
  r.pass();
  took(r.ports[1]!);
  r.ports[1]!.release(3);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 1 });
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  expect(took(next)).toEqual([3]);
});

test.each(['atomic', 'ordered', 'parallel'] as const)(
  'what a reclaimed port held of an %s queue goes again in the order in which it was held',
  async (type) => {
    const r = await rig({ queues: [{ type }], ports: [{}, { links: [0] }, {}] });
    send(r.ports[0]!, ...upTo(5).map((i) => ({ flowId: 9 - i, payload: i })));
    r.pass();
    took(r.ports[1]!, 2);
    send(r.ports[0]!, { flowId: 1, payload: 5 });
    r.domain.link(2, 0);
    r.domain.unlink(1, 0);
    expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 5 });
    r.pass();
    expect(took(r.ports[2]!)).toEqual(upTo(6));
  },
);

test('reclaim of a port that nobody has takes nothing and does no harm', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0] }],
    attach: [0],
  });
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 0 });
  const port = attachPort(r.domain.attachment(1));
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  expect(took(port)).toEqual([0, 1]);
  expect((await refusalOf(() => r.domain.reclaim(2))).code).toBe('ERR_DLB_INVALID_PORT_ID');
});

test('what is not an attachment is refused', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}], attach: [] });
  const right = r.domain.attachment(0);
  const wrong: unknown[] = [
    undefined,
    null,
    {},
    { ...right, kind: 'other' },
    { ...right, portId: 1 },
    { ...right, memory: new SharedArrayBuffer(64) },
    { ...right, memory: new SharedArrayBuffer(right.memory.byteLength) },
    { ...right, shape: { ...right.shape, eventsLimit: 63 } },
  ];
  for (const each of wrong) {
    const error = await refusalOf(() => attachPort(each as typeof right));
    expect(error.code).toBe('ERR_DLB_ATTACHMENT_INVALID');
  }
  expect(structuredClone({ ...right, memory: null, bell: null })).toMatchObject({ portId: 0 });
  attachPort(right);
});

test('ports attached, detached and reclaimed at random lose no event and no credit', async () => {
  const r = await rig({
    eventsLimit: 32,
    queues: [{ type: 'atomic' }, { type: 'ordered' }],
    ports: [{}, ...upTo(3).map(() => ({ links: [0, 1], dequeueDepth: 4 }))],
  });
  const done = new Set<number>();
  let sent = 0;
  for (let round = 0; round < 600; round++) {
    const events = fresh(3, { flowId: round % 4, queueId: round % 2 }, sent);
    sent += send(r.ports[0]!, ...events);
    r.pass();
    const id = 1 + (round % 3);
    const port = r.ports[id]!;
    for (const payload of took(port)) done.add(payload);
    if (round % 7 === 3) port.release(1);
    else if (round % 7 === 5) port.detach();
    else if (round % 7 === 6) await r.domain.reclaim(id);
    else port.release(port.outstanding);
    if (round % 7 >= 5) r.ports[id] = attachPort(r.domain.attachment(id));
    expectCreditsSumUp(r);
  }
  for (const got of drain(r).flat()) done.add(got);
  for (const port of r.ports.slice(1)) port.release(64);
  drain(r);
  expect(done.size).toBe(sent);
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a port object that was reclaimed writes nothing into the port of its successor', async () => {
  const r = await rig({
    queues: [{ type: 'directed' }],
    ports: [{}, { links: [0], dequeueDepth: 8 }],
    attach: [0],
  });
  const ghost = attachPort(r.domain.attachment(1));
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  await r.domain.reclaim(1);
  const next = attachPort(r.domain.attachment(1));
  r.pass();
  expect(took(next, 4)).toEqual(upTo(4));
  expect(r.stats().ports[1]).toMatchObject({ cqUsed: 2, inflight: 6 });
  // Whatever it calls finds out that the port is another's, and leaves the head alone.
  expect(send(ghost, {})).toBe(0);
  expect(ghost.refusal).toBe(REFUSAL.PORT_DISABLED);
  expect([ghost.state, ghost.outstanding, took(ghost)]).toEqual(['disabled', 0, []]);
  expect(r.stats().ports[1]).toMatchObject({ cqUsed: 2, inflight: 6 });
  expect(took(next)).toEqual([4, 5]);
});
