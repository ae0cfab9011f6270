/** Queue attributes at run time, weighted shares, and how much the less urgent get. */
import { expect, test } from '@jest/globals';
import { attachPort, openDevice } from '../../lib/index.js';
import type { EventFields, Port, QueueSpec } from '../../lib/index.js';
import { refusalOf, rig, send, took } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const EACH = 200;

/** Queues with plenty in each, and one port that takes one event at a time. */
async function full(queues: Partial<QueueSpec>[]): Promise<Rig> {
  const r = await rig({
    eventsLimit: EACH * queues.length,
    queues: queues.map((queue) => ({ type: 'parallel', ...queue })),
    ports: [{ enqueueDepth: 4096 }, { links: queues.map((_, id) => id), dequeueDepth: 4 }],
  });
  for (const queueId of queues.keys()) {
    let sent = 0;
    for (let tries = 0; sent < EACH && tries < 64; tries++) {
      sent += send(r.ports[0]!, ...marked(EACH - sent, queueId));
      r.pass();
    }
    expect(sent).toBe(EACH);
  }
  return r;
}

/** Events that carry the number of their queue. */
function marked(count: number, queueId: number): EventFields[] {
  return Array.from({ length: count }, () => ({ queueId, payload: queueId }));
}

/** The queues of the next `count` events. */
function next(r: Rig, count: number): number[] {
  const port: Port = r.ports[1]!;
  const queues: number[] = [];
  while (queues.length < count) {
    queues.push(...took(port));
    port.release(99);
    r.pass();
  }
  return queues.slice(0, count);
}

test('a new priority takes effect at the next pass', async () => {
  const r = await full([{}, {}]);
  next(r, 8);
  r.domain.setQueueAttributes(1, { priority: 3 });
  expect(r.domain.queueAttributes(1)).toMatchObject({ priority: 3, weight: 0, affinity: 0 });
  r.pass();
  next(r, 4);
  const seen = next(r, 60);
  expect(seen.filter((queue) => queue === 1).length).toBeGreaterThanOrEqual(58);
});

test('queues of equal priority share by weight, the same whichever is first', async () => {
  const r = await full([{ weight: 0 }, { weight: 2 }, { weight: 4 }]);
  next(r, 16);
  const seen = next(r, 160);
  const counts = [0, 1, 2].map((id) => seen.filter((queue) => queue === id).length);
  expect(counts[0]!).toBeGreaterThanOrEqual(15);
  expect(counts[1]! / counts[0]!).toBeCloseTo(3, 0);
  expect(counts[2]! / counts[0]!).toBeCloseTo(5, 0);
});

test('a weight that is set at run time counts from then on', async () => {
  const r = await full([{}, {}]);
  r.domain.setQueueAttributes(0, { weight: 1 });
  next(r, 16);
  const seen = next(r, 90);
  expect(seen.filter((queue) => queue === 0).length / 30).toBeCloseTo(2, 0);
});

test('affinity makes runs as long as it says', async () => {
  const r = await full([{ affinity: 7 }, { affinity: 7 }]);
  next(r, 16);
  const seen = next(r, 128);
  const runs: number[] = [];
  seen.forEach((queue, i) => {
    if (i > 0 && seen[i - 1] === queue) runs[runs.length - 1]!++;
    else runs.push(1);
  });
  // The first may have been cut off, the last as well; the turn of the less urgent splits one in
  // three.
  const short = runs.slice(1, -1).filter((run) => run < 8);
  expect(short.length).toBeLessThanOrEqual(3);
  expect(runs.length).toBeGreaterThan(10);
});

test('an empty queue leaves its share to the others', async () => {
  const r = await full([{ weight: 9 }, {}]);
  const seen = next(r, 2 * EACH);
  expect(seen.filter((queue) => queue === 1)).toHaveLength(EACH);
});

test.each([
  [0, 0, 0],
  [undefined, 3, 4],
  [0.1, 35, 45],
  [0.5, 190, 200],
])(
  'with starvationAvoidance %p of 400 events %i to %i are less urgent',
  async (share, min, max) => {
    const device = await openDevice({ scheduling: 'inline' });
    const domain = await device.createDomain({
      eventsLimit: 1024,
      queues: [
        { type: 'parallel', priority: 0 },
        { type: 'parallel', priority: 255 },
      ],
      ports: [{ enqueueDepth: 1024 }, { links: [0, 1], dequeueDepth: 1, implicitRelease: false }],
      ...(share === undefined ? {} : { starvationAvoidance: share }),
    });
    const [source, sink] = [0, 1].map((id) => attachPort(domain.attachment(id)));
    await domain.start();
    const counts = [0, 0];
    for (let i = 0; i < 400; i++) {
      send(source!, ...marked(1, 0), ...marked(1, 1));
      device.schedule();
      for (const queue of took(sink!)) counts[queue]!++;
      sink!.release(1);
    }
    await device.close();
    expect(counts[1]!).toBeGreaterThanOrEqual(min);
    expect(counts[1]!).toBeLessThanOrEqual(max);
  },
);

test('wrong attributes are refused by name, and nothing changes', async () => {
  const r = await rig({ queues: [{ type: 'atomic', weight: 3 }], ports: [{}] });
  const before = r.domain.queueAttributes(0);
  expect(before).toEqual({
    name: 'queue0',
    type: 'atomic',
    priority: 128,
    weight: 3,
    affinity: 0,
    flows: 16384,
    sequences: 1024,
    scope: 'queue',
    fragments: 1,
  });
  const cases = [
    [{ priority: 256 }, 'ERR_DLB_INVALID_PRIORITY', 'attributes.priority'],
    [{ weight: -1 }, 'ERR_DLB_INVALID_SPEC', 'attributes.weight'],
    [{ affinity: 0.5 }, 'ERR_DLB_INVALID_SPEC', 'attributes.affinity'],
    [{ flows: 4 }, 'ERR_DLB_INVALID_SPEC', 'attributes.flows'],
  ] as const;
  for (const [attributes, code, field] of cases) {
    const error = await refusalOf(() => r.domain.setQueueAttributes(0, attributes as object));
    expect([error.code, error.details['field']]).toEqual([code, field]);
  }
  expect((await refusalOf(() => r.domain.setQueueAttributes(4, {}))).code).toBe(
    'ERR_DLB_INVALID_QID',
  );
  expect(r.domain.queueAttributes(0)).toEqual(before);
});

test('the attributes of a port are what its spec says', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{ newEventThreshold: 7, dequeueDepth: 8, enqueueDepth: 9, implicitRelease: true }, {}],
  });
  expect(r.domain.portAttributes(0)).toEqual({
    name: 'port0',
    newEventThreshold: 7,
    dequeueDepth: 8,
    enqueueDepth: 9,
    implicitRelease: true,
    independentEnqueue: false,
    wideNames: false,
  });
  expect(r.domain.portAttributes(1)).toMatchObject({ dequeueDepth: undefined });
});
