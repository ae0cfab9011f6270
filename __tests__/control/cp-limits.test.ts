/** Limits of what is out at a time: history of a port, inflights of a queue. */
import { expect, test } from '@jest/globals';
import { attachPort, OP, SCHED } from '../../lib/index.js';
import type { QueueType } from '../../lib/index.js';
import {
  drain,
  expectCreditsSumUp,
  expectEmpty,
  fresh,
  refusalOf,
  rig,
  send,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';

const TYPES: QueueType[] = ['atomic', 'ordered', 'parallel', 'directed', 'any'];

/** Events that differ in flow, for whichever type the queue is. */
function varied(count: number, first = 0): ReturnType<typeof fresh> {
  return fresh(count, { schedType: SCHED.ATOMIC }, first).map((event, i) => ({
    ...event,
    flowId: (first + i) % 5,
  }));
}

test.each(TYPES)(
  'CP-58: a port that holds as much as its history is given no more, and one for each completion: %s',
  async (type) => {
    const r = await rig({
      queues: [{ type }],
      ports: [{}, { links: [0], dequeueDepth: 8, historyDepth: 3 }],
    });
    const worker = r.ports[1]!;
    sendAll(r, r.ports[0]!, varied(9));
    r.pass();
    const got = took(worker);
    expect(got).toHaveLength(3);
    // Dequeued, so the CQ is empty; not completed, so the history list is full.
    r.pass(3);
    expect(took(worker)).toEqual([]);
    for (let i = 0; i < 6; i++) {
      worker.release(1);
      r.pass();
      const next = took(worker);
      expect(next).toHaveLength(1);
      got.push(...next);
    }
    expect(new Set(got)).toEqual(new Set(upTo(9)));
    worker.release(3);
    r.pass();
    expectEmpty(r);
    expectCreditsSumUp(r);
  },
);

test('CP-58: what lies in the CQ counts as well', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 4, historyDepth: 6 }],
  });
  sendAll(r, r.ports[0]!, fresh(20));
  r.pass();
  expect(took(r.ports[1]!, 3)).toEqual([0, 1, 2]);
  // Three in hands and one in the CQ: two more, though the CQ has three places.
  r.pass();
  expect(r.stats().ports[1]).toMatchObject({ inflight: 6, cqUsed: 3, cqFree: 1 });
});

test('CP-58: completions in any order make room as well', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 8, historyDepth: 2, independentEnqueue: true }],
  });
  sendAll(r, r.ports[0]!, fresh(4));
  r.pass();
  const burst = take(r.ports[1]!);
  expect(burst.length).toBe(2);
  burst.setOp(1, OP.RELEASE);
  expect(r.ports[1]!.enqueueBurst(burst, 1, 1)).toBe(1);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([2]);
});

test('CP-58: the limit holds for whoever has the port next, and over a stop', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 8, historyDepth: 2 }],
  });
  sendAll(r, r.ports[0]!, fresh(6));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  expect(await r.domain.reclaim(1)).toEqual({ rescheduled: 2 });
  r.ports[1] = attachPort(r.domain.attachment(1));
  r.pass(2);
  expect(took(r.ports[1])).toEqual([0, 1]);
  await r.domain.stop();
  await r.domain.start();
  sendAll(r, r.ports[0]!, fresh(6));
  r.pass();
  expect(took(r.ports[1])).toEqual([0, 1]);
});

test('CP-58: events go to another port that has room', async () => {
  const r = await rig({
    queues: [{ type: 'atomic', flows: 1024 }],
    ports: [
      {},
      { links: [0], dequeueDepth: 16, historyDepth: 1 },
      { links: [0], dequeueDepth: 16 },
    ],
  });
  sendAll(
    r,
    r.ports[0]!,
    upTo(17).map((flowId) => ({ flowId, payload: flowId })),
  );
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!).length)).toEqual([1, 16]);
});

test.each(TYPES)(
  'CP-58: no more events of a queue are out than its inflights, over all ports: %s',
  async (type) => {
    const isDirected = type === 'directed';
    const worker = { links: [0], dequeueDepth: 8 };
    const r = await rig({
      queues: [{ type, inflights: 3 }, { type: 'parallel' }],
      ports: [{}, worker, isDirected ? {} : worker, { links: [1] }],
    });
    const workers = [r.ports[1]!, r.ports[2]!];
    sendAll(r, r.ports[0]!, varied(10));
    r.pass(3);
    expect(r.stats().queues[0]).toMatchObject({ inflight: 3 });
    // Other queues are not concerned.
    send(r.ports[0]!, ...fresh(5, { queueId: 1 }));
    r.pass();
    expect(took(r.ports[3]!)).toHaveLength(5);
    let done = 0;
    for (let round = 0; done < 10; round++) {
      expect(round).toBeLessThan(40);
      for (const port of workers) {
        take(port);
        done += port.release(1);
      }
      r.pass();
      expect(r.stats().queues[0]!.inflight).toBeLessThanOrEqual(3);
    }
    expect(r.stats().queues[0]).toMatchObject({ rx: 10, tx: 10, inflight: 0 });
  },
);

test.each(['atomic', 'ordered', 'parallel'] as const)(
  'what is scheduled again keeps to the inflights and comes in order: %s',
  async (type) => {
    const worker = { links: [0], dequeueDepth: 8, historyDepth: 4 };
    const r = await rig({
      queues: [{ type, inflights: 4 }],
      ports: [{}, worker, worker],
      attach: [0, 1],
    });
    await r.domain.disablePort(2);
    sendAll(r, r.ports[0]!, fresh(8, { flowId: 1 }));
    r.pass();
    expect(took(r.ports[1]!, 2)).toEqual([0, 1]);
    await r.domain.reclaim(1);
    await r.domain.enablePort(2);
    r.ports[2] = attachPort(r.domain.attachment(2));
    r.pass(2);
    expect(r.stats().queues[0]!.inflight).toBe(4);
    expect(took(r.ports[2])).toEqual([0, 1, 2, 3]);
    r.ports[2].release(4);
    r.pass();
    expect(took(r.ports[2])).toEqual([4, 5, 6, 7]);
    r.ports[2].release(4);
    drain({ ...r, ports: [] });
    expectEmpty(r);
  },
);

test('less urgent levels of a queue share its inflights', async () => {
  const r = await rig({
    queues: [{ type: 'parallel', inflights: 2 }],
    ports: [{}, { links: [0], dequeueDepth: 16 }],
  });
  send(r.ports[0]!, { priority: 200, payload: 9 }, { priority: 0 }, { priority: 0, payload: 1 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
  r.ports[1]!.release(1);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([9]);
});

test('queues with shares keep to their inflights, and the others use what is left', async () => {
  const r = await rig({
    queues: [
      { type: 'parallel', weight: 3, inflights: 2 },
      { type: 'parallel', weight: 1 },
    ],
    ports: [{}, { links: [0, 1], dequeueDepth: 16 }],
  });
  send(r.ports[0]!, ...fresh(8), ...fresh(8, { queueId: 1 }, 100));
  r.pass();
  const got = took(r.ports[1]!);
  expect(got.filter((payload) => payload < 100)).toEqual([0, 1]);
  expect(got.filter((payload) => payload >= 100)).toEqual(upTo(8, 100));
});

const spec = (queue: object, port: object): object => ({
  eventsLimit: 4096,
  queues: [{ type: 'ordered', sequences: 64, ...queue }],
  ports: [{ links: [0], ...port }],
});

test.each([65, 0, -1, 1.5, '2', Number.NaN])(
  'CP-17: inflights of %p are refused for an ordered queue with 64 sequences',
  async (inflights) => {
    const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}] });
    const before = r.device.resources();
    const error = await refusalOf(() => r.device.createDomain(spec({ inflights }, {}) as never));
    expect(error.code).toBe('ERR_DLB_INVALID_QID_INFLIGHT_ALLOCATION');
    expect(error.details).toMatchObject({ field: 'spec.queues[0].inflights', value: inflights });
    expect(r.device.resources()).toEqual(before);
  },
);

test.each([1, 64])('CP-17: inflights of %p are accepted for 64 sequences', async (inflights) => {
  const r = await rig({ queues: [{ type: 'ordered', sequences: 64, inflights }], ports: [{}] });
  expect(r.domain.queueAttributes(0)).toMatchObject({ sequences: 64, inflights });
});

test('CP-17: a queue that is not ordered may have more inflights than sequences', async () => {
  const r = await rig({ queues: [{ type: 'atomic', sequences: 64, inflights: 65 }], ports: [{}] });
  expect(r.domain.queueAttributes(0).inflights).toBe(65);
});

test.each([0, -1, 2.5, '8'])('CP-21: a historyDepth of %p is refused', async (historyDepth) => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}] });
  const error = await refusalOf(() => r.device.createDomain(spec({}, { historyDepth }) as never));
  expect(error.code).toBe('ERR_DLB_INVALID_HIST_LIST_DEPTH');
  expect(error.details).toMatchObject({ field: 'spec.ports[0].historyDepth', value: historyDepth });
});

test('limits that are left out are told as none', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{ historyDepth: 5 }, {}] });
  expect(r.domain.queueAttributes(0).inflights).toBeUndefined();
  expect([0, 1].map((id) => r.domain.portAttributes(id).historyDepth)).toEqual([5, undefined]);
});
