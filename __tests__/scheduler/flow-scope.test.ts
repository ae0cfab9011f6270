/** Ordered queues with `scope: 'flow'`: order is restored per flow. */
import { expect, test } from '@jest/globals';
import {
  ascending,
  expectCreditsSumUp,
  expectEmpty,
  forward,
  fresh,
  rig,
  sendAll,
  take,
  took,
  upTo,
} from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';

const WORKERS = [1, 2, 3];

function flowRig(scope: 'queue' | 'flow', sequences = 64): Promise<Rig> {
  return rig({
    queues: [{ type: 'ordered', scope, sequences, flows: 16 }, { type: 'directed' }],
    ports: [{}, ...WORKERS.map(() => ({ links: [0] })), { links: [1] }],
  });
}

/** Events of flow `payload % flows`, all with the workers. */
async function held(scope: 'queue' | 'flow', count: number, flows: number): Promise<Rig> {
  const r = await flowRig(scope);
  sendAll(
    r,
    r.ports[0]!,
    fresh(count).map((event, i) => ({ ...event, flowId: i % flows })),
  );
  r.pass();
  return r;
}

test('a slow event holds back its own flow and no other', async () => {
  for (const scope of ['flow', 'queue'] as const) {
    const r = await held(scope, 6, 3);
    // Port 1 has events 0 and 3 of flow 0 and keeps them.
    for (const id of [2, 3]) {
      const burst = take(r.ports[id]!);
      for (let i = 0; i < burst.length; i++) forward(r.ports[id]!, burst, i, 1);
    }
    r.pass(2);
    expect(took(r.ports[4]!)).toEqual(scope === 'flow' ? [1, 4, 2, 5] : []);
    expect(r.stats().queues[0]!.reordered).toBe(scope === 'flow' ? 0 : 4);
    const slow = take(r.ports[1]!);
    for (let i = 0; i < slow.length; i++) forward(r.ports[1]!, slow, i, 1);
    r.pass(2);
    expect(took(r.ports[4]!)).toEqual(scope === 'flow' ? [0, 3] : upTo(6));
  }
});

test('inside a flow order holds, whichever port is first; RELEASE gives its place up', async () => {
  const r = await held('flow', 12, 2);
  for (const id of [3, 1, 2]) {
    const burst = take(r.ports[id]!);
    for (let i = 0; i < burst.length; i++) {
      if (burst.payload(i) === 4) r.ports[id]!.release(1);
      else forward(r.ports[id]!, burst, i, 1);
    }
    r.pass();
  }
  r.pass();
  const out = took(r.ports[4]!);
  expect(out.filter((payload) => payload % 2 === 0)).toEqual([0, 2, 6, 8, 10]);
  expect(out.filter((payload) => payload % 2 === 1)).toEqual([1, 3, 5, 7, 9, 11]);
});

test('flows that fold into one slot are ordered together', async () => {
  const r = await flowRig('flow');
  sendAll(r, r.ports[0]!, [{ flowId: 1 }, { flowId: 17, payload: 1 }, { flowId: 2, payload: 2 }]);
  r.pass();
  for (const id of [3, 2]) forward(r.ports[id]!, take(r.ports[id]!), 0, 1);
  r.pass(2);
  expect(took(r.ports[4]!)).toEqual([2]);
  forward(r.ports[1]!, take(r.ports[1]!), 0, 1);
  r.pass(2);
  expect(took(r.ports[4]!)).toEqual([0, 1]);
});

test('all flows together have as many places as the queue has sequences', async () => {
  const r = await flowRig('flow', 4);
  sendAll(
    r,
    r.ports[0]!,
    fresh(10).map((event, i) => ({ ...event, flowId: i })),
  );
  r.pass();
  const counts = (): number[] => WORKERS.map((id) => r.stats().ports[id]!.inflight);
  expect(counts().reduce((a, b) => a + b)).toBe(4);
  const burst = take(r.ports[2]!);
  forward(r.ports[2]!, burst, 0, 1);
  r.pass();
  expect(took(r.ports[4]!)).toEqual([burst.payload(0)]);
  expect(counts().reduce((a, b) => a + b)).toBe(4);
});

test('a long run through few places keeps order per flow and counts every credit', async () => {
  const r = await flowRig('flow', 8);
  const out: number[][] = [[], [], [], [], []];
  const burst = fresh(40);
  for (let round = 0; round < 50; round++) {
    sendAll(
      r,
      r.ports[0]!,
      burst.map((event, i) => ({ ...event, payload: round * 40 + i, flowId: i % 5 })),
    );
    for (let moved = 1; moved > 0;) {
      moved = r.pass();
      for (const id of WORKERS.toSorted((a, b) => ((a + round) % 3) - ((b + round) % 3))) {
        const got = take(r.ports[id]!, 1 + (round % 3));
        for (let i = 0; i < got.length; i++) forward(r.ports[id]!, got, i, 1);
        moved += got.length;
      }
      const end = take(r.ports[4]!);
      for (let i = 0; i < end.length; i++) out[end.flowId(i)]!.push(end.payload(i));
      r.ports[4]!.release(end.length);
      moved += end.length;
    }
  }
  expect(out.map((each) => each.length)).toEqual(out.map(() => 400));
  for (const each of out) expect(each).toEqual(each.toSorted(ascending));
  r.pass();
  expectEmpty(r);
  expectCreditsSumUp(r);
});

test('a dead port gives its events back in their places; a stop forgets all places', async () => {
  const r = await held('flow', 6, 3);
  for (const id of [2, 3]) {
    const burst = take(r.ports[id]!);
    // The second of each flow only: it waits for the first, which is with port 1 no more.
    forward(r.ports[id]!, burst, 0, 1);
  }
  await r.domain.reclaim(1);
  r.pass(2);
  const stopped: number[] = [];
  took(r.ports[4]!);
  await r.domain.stop((events) => {
    for (let i = 0; i < events.length; i++) stopped.push(events.payload(i));
  });
  expect(new Set(stopped).size).toBe(6);
  await r.domain.start();
  sendAll(
    r,
    r.ports[0]!,
    fresh(6).map((event, i) => ({ ...event, flowId: i % 3 })),
  );
  r.pass();
  expect(r.stats().inflight).toBe(6);
});
