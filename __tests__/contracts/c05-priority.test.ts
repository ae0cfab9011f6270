/** C5: a more urgent queue or event goes first; a less urgent one still progresses. */
import { expect, test } from '@jest/globals';
import { EventBurst } from '../../lib/index.js';
import type { QueueType } from '../../lib/index.js';
import { fresh, rig, send, take, took } from './harness.js';

const TYPES: QueueType[] = ['atomic', 'ordered', 'parallel', 'directed'];

test.each(TYPES)('on an %s queue the more urgent event goes first', async (type) => {
  const r = await rig({ queues: [{ type }], ports: [{ links: [0] }] });
  send(r.ports[0]!, { payload: 4711, priority: 128 }, { payload: 1234, priority: 0, flowId: 1 });
  r.pass();
  expect(took(r.ports[0]!, 1)).toEqual([1234]);
  expect(took(r.ports[0]!, 1)).toEqual([4711]);
});

test.each(TYPES)(
  'on an %s queue 32 priorities are one level, first in, first out',
  async (type) => {
    const r = await rig({ queues: [{ type }], ports: [{ links: [0] }] });
    const priorities = [95, 64, 63, 32, 31, 0, 255, 224, 223];
    send(r.ports[0]!, ...priorities.map((priority, i) => ({ priority, payload: i, flowId: i })));
    r.pass();
    expect(r.stats().queues[0]!.iqUsed).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(took(r.ports[0]!)).toEqual([4, 5, 2, 3, 0, 1, 8, 6, 7]);
  },
);

test('statistics tell how many wait on each of eight levels', async () => {
  const r = await rig({ queues: [{ type: 'parallel' }], ports: [{}] });
  send(r.ports[0]!, ...[0, 31, 32, 128, 129, 255].map((priority) => ({ priority })));
  r.pass();
  expect(r.stats().queues[0]!.iqUsed).toEqual([2, 1, 0, 0, 2, 0, 0, 1]);
});

test('queues are visited by priority, then by id', async () => {
  const r = await rig({
    queues: [
      { type: 'atomic', priority: 128 },
      { type: 'parallel', priority: 127 },
      { type: 'atomic', priority: 126 },
      { type: 'ordered', priority: 127 },
      { type: 'atomic' },
    ],
    ports: [{ links: [0, 1, 2, 3, 4] }],
  });
  send(r.ports[0]!, ...[4, 3, 0, 1, 2].map((queueId) => ({ queueId, payload: queueId })));
  r.pass();
  expect(took(r.ports[0]!)).toEqual([2, 1, 3, 0, 4]);
});

test('queue priority goes before event priority', async () => {
  const r = await rig({
    queues: [
      { type: 'parallel', priority: 200 },
      { type: 'parallel', priority: 100 },
    ],
    ports: [{ links: [0, 1] }],
  });
  send(r.ports[0]!, { queueId: 0, priority: 0, payload: 1 });
  send(r.ports[0]!, { queueId: 1, priority: 255, payload: 2 });
  r.pass();
  expect(took(r.ports[0]!)).toEqual([2, 1]);
});

test('the free places of a port go by link priority first', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }, { type: 'parallel' }, { type: 'ordered' }],
    ports: [
      {},
      { links: [{ queue: 0, priority: 200 }, 1, { queue: 2, priority: 10 }], dequeueDepth: 4 },
    ],
  });
  for (const queueId of [0, 1, 2]) send(r.ports[0]!, ...fresh(2, { queueId }, queueId * 10));
  r.pass();
  expect(took(r.ports[1]!)).toEqual([20, 21, 10, 11]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0, 1]);
});

test('each port follows its own link priorities', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'parallel' }],
    ports: [
      {},
      {
        links: [
          { queue: 0, priority: 1 },
          { queue: 1, priority: 2 },
        ],
        dequeueDepth: 2,
      },
      {
        links: [
          { queue: 0, priority: 2 },
          { queue: 1, priority: 1 },
        ],
        dequeueDepth: 2,
      },
    ],
  });
  send(r.ports[0]!, ...fresh(8, { queueId: 0 }), ...fresh(8, { queueId: 1 }, 100));
  r.pass();
  expect([1, 2].map((id) => took(r.ports[id]!))).toEqual([
    [0, 1],
    [100, 101],
  ]);
});

test('a link priority changes when the link is made again', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }, { type: 'parallel' }],
    ports: [{}, { links: [0, 1], dequeueDepth: 1 }],
  });
  r.domain.link(1, 1, 0);
  send(r.ports[0]!, { queueId: 0, payload: 1 }, { queueId: 1, payload: 2 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([2]);
});

test('a less urgent event goes while the more urgent one cannot', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, { links: [0], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, { flowId: 1, priority: 0, payload: 1 });
  r.pass();
  // Port 2 has more room: it got the flow. Fill it, so that the urgent event is blocked.
  expect(r.stats().queues[0]!.pinned).toMatchObject([{ port: 2 }]);
  send(r.ports[0]!, ...fresh(5, { flowId: 1, priority: 0 }, 2));
  r.pass();
  send(r.ports[0]!, { flowId: 2, priority: 255, payload: 9 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([9]);
});

test('less urgent events progress behind an urgent load that leaves room', async () => {
  const r = await rig({
    queues: [{ type: 'parallel' }],
    ports: [{}, { links: [0], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(10, { priority: 255 }));
  const late: number[] = [];
  for (let round = 0; late.length < 10 && round < 100; round++) {
    send(r.ports[0]!, ...fresh(3, { priority: 0 }, 100));
    r.pass();
    const batch = take(r.ports[1]!);
    for (let i = 0; i < batch.length; i++) {
      if (batch.priority(i) === 255) late.push(batch.payload(i));
    }
    r.ports[1]!.release(batch.length);
  }
  expect(late).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

const RIVALS = [
  ['event', { priority: 0 }, { priority: 255 }],
  ['queue', { queueId: 0 }, { queueId: 1 }],
] as const;

test.each(TYPES.flatMap((type) => RIVALS.map((rival) => [type, ...rival] as const)))(
  'on %s queues a less urgent %s progresses under an urgent load that never ends',
  async (type, _, urgent, late) => {
    const r = await rig({
      queues: [
        { type, priority: 0 },
        { type, priority: 255 },
      ],
      ports: [{}, { links: [0, 1], dequeueDepth: 4 }],
    });
    send(r.ports[0]!, ...fresh(5, urgent, 100), { flowId: 1, ...late, payload: 1 });
    let rounds = 0;
    for (let arrived = false; !arrived && rounds < 2000; rounds++) {
      send(r.ports[0]!, ...fresh(5, urgent, 100));
      r.pass();
      arrived = took(r.ports[1]!).includes(1);
      r.ports[1]!.release(4);
    }
    // It did not simply go first.
    expect(rounds).toBeGreaterThan(5);
    expect(rounds).toBeLessThan(2000);
  },
);

test('U1: a flow that is sent by push and by pushNew keeps its order', async () => {
  const r = await rig({ queues: [{ type: 'atomic' }], ports: [{}, { links: [0] }] });
  const burst = new EventBurst(4);
  burst.pushNew(0, 7, 0, 1);
  burst.push({ flowId: 7, payload: 2 });
  burst.pushNew(0, 7, 0, 3);
  burst.push({ flowId: 7, payload: 4 });
  expect(r.ports[0]!.enqueueBurst(burst)).toBe(4);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([1, 2, 3, 4]);
});
