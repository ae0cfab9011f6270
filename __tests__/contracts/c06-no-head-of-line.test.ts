/** C6: a flow that cannot move does not stop the others, however many of its events wait. */
import { expect, test } from '@jest/globals';
import {
  ascending,
  expectCreditsSumUp,
  expectEmpty,
  fresh,
  rig,
  ROUNDS_MAX,
  send,
  sendAll,
  took,
  upTo,
} from './harness.js';
import type { Rig } from './harness.js';

const WAITING = 4096;
const STUCK = 1;

/** Flow 1 is held by port 1, which takes nothing more, and 4096 of its events wait. */
async function stuckRig(): Promise<Rig> {
  const r = await rig({
    eventsLimit: 8192,
    queues: [{ type: 'atomic' }],
    ports: [
      { enqueueDepth: 4096 },
      { links: [0], dequeueDepth: 1 },
      { links: [0], dequeueDepth: 1 },
    ],
  });
  send(r.ports[0]!, { flowId: STUCK, payload: 0 });
  r.pass();
  sendAll(r, r.ports[0]!, fresh(WAITING, { flowId: STUCK }, 1));
  r.pass();
  expect(r.stats().queues[0]!.iqUsed[4]).toBe(WAITING);
  return r;
}

test('other flows pass a flow with 4096 waiting events', async () => {
  const r = await stuckRig();
  const seen: number[] = [];
  for (let i = 0; i < 200; i++) {
    send(r.ports[0]!, { flowId: 2 + (i % 50), payload: 10_000 + i });
    r.pass();
    seen.push(...took(r.ports[2]!));
    r.ports[2]!.release(1);
  }
  expect(seen).toEqual(upTo(200, 10_000));
  expect(took(r.ports[1]!)).toEqual([0]);
});

test('the waiting events then come in order, whichever port has the flow', async () => {
  const r = await stuckRig();
  const seen: number[] = [];
  for (let moved = 1, round = 0; moved > 0 && round < ROUNDS_MAX; round++) {
    moved = r.pass();
    for (const id of [1, 2]) {
      seen.push(...took(r.ports[id]!));
      moved += r.ports[id]!.release(1);
    }
  }
  expect(seen).toEqual(upTo(WAITING + 1));
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('many stuck flows do not stop the ones behind them', async () => {
  const r = await rig({
    eventsLimit: 2048,
    queues: [{ type: 'atomic' }],
    ports: [
      { enqueueDepth: 2048 },
      { links: [0], dequeueDepth: 64 },
      { links: [0], dequeueDepth: 1 },
    ],
  });
  // Port 1 gets 64 flows: it has strictly more room until one place is left.
  sendAll(
    r,
    r.ports[0]!,
    upTo(63).map((flowId) => ({ flowId, payload: flowId })),
  );
  r.pass();
  expect(r.stats().queues[0]!.pinned).toEqual([{ port: 1, flows: 63, events: 63 }]);
  send(r.ports[0]!, { flowId: 99, payload: 63 }, { flowId: 98, payload: 64 });
  r.pass();
  const held = r.stats().queues[0]!.pinned;
  expect(held.map(({ port, events }) => [port, events])).toEqual([
    [1, 64],
    [2, 1],
  ]);
  for (let i = 0; i < 16; i++) {
    sendAll(
      r,
      r.ports[0]!,
      upTo(63).map((flowId) => ({ flowId, payload: 1000 + i })),
    );
  }
  r.pass();
  took(r.ports[2]!);
  r.ports[2]!.release(1);
  send(r.ports[0]!, { flowId: 500, payload: 7 });
  r.pass();
  expect(took(r.ports[2]!)).toEqual([7]);
});

test('a stuck flow of one queue does not stop another queue of the same ports', async () => {
  const r = await rig({
    eventsLimit: 256,
    queues: [{ type: 'atomic', priority: 0 }, { type: 'ordered' }, { type: 'parallel' }],
    ports: [{}, { links: [0, 1, 2], dequeueDepth: 1 }, { links: [0, 1, 2], dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(100, { flowId: 3 }));
  r.pass();
  // Port 2 has more room: flow 3 fills it; port 1 takes the rest of the world.
  expect(r.stats().queues[0]!.pinned).toMatchObject([{ port: 2, events: 4 }]);
  send(r.ports[0]!, { queueId: 1, payload: 500 }, { queueId: 2, payload: 501 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([500]);
  r.pass();
  expect(took(r.ports[1]!)).toEqual([501]);
});

test('a blocked flow is woken when its port has room', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, { links: [0], dequeueDepth: 1 }],
  });
  send(r.ports[0]!, ...fresh(4, { flowId: 8 }));
  r.pass();
  for (const payload of upTo(4)) {
    expect(took(r.ports[1]!)).toEqual([payload]);
    // The flow stays where it is held, however free the other is.
    expect(took(r.ports[2]!)).toEqual([]);
    expect(r.pass()).toBe(payload < 3 ? 1 : 0);
  }
});

test('a blocked flow is woken when it goes idle, and goes where there is room', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], dequeueDepth: 1 }, { links: [0], dequeueDepth: 1 }],
  });
  send(r.ports[0]!, { flowId: 8, payload: 0 }, { flowId: 9, payload: 100 });
  r.pass();
  expect(took(r.ports[1]!)).toEqual([0]);
  // Another flow fills port 1, which holds flow 8: two events of that are blocked.
  send(r.ports[0]!, { flowId: 10, payload: 101 });
  r.pass();
  send(r.ports[0]!, ...fresh(2, { flowId: 8 }, 1));
  r.pass();
  // Port 2 has room, but may not have the flow.
  expect(took(r.ports[2]!)).toEqual([100]);
  expect(r.pass()).toBe(0);
  expect(took(r.ports[2]!)).toEqual([]);
  // Idle now, while port 1 has no room.
  r.ports[1]!.release(1);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([1]);
  r.pass();
  expect(took(r.ports[2]!)).toEqual([2]);
  expect(took(r.ports[1]!)).toEqual([101]);
});

test('a blocked flow that gets a more urgent event moves in the same pass', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0] }, { links: [0] }],
  });
  r.domain.unlink(2, 0);
  send(r.ports[0]!, { flowId: 1, priority: 200, payload: 1 });
  r.pass();
  r.domain.unlink(1, 0);
  // Its port serves the queue no more: the next events of the flow are parked behind the first.
  send(r.ports[0]!, { flowId: 1, priority: 200, payload: 2 });
  r.pass();
  took(r.ports[1]!);
  r.ports[1]!.release(1);
  r.pass();
  r.domain.link(2, 0);
  send(r.ports[0]!, { flowId: 1, priority: 0, payload: 3 });
  r.pass();
  expect(took(r.ports[2]!).toSorted(ascending)).toEqual([2, 3]);
});
