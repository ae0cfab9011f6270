/** C9: per port, completions are oldest first. */
import { expect, test } from '@jest/globals';
import { EventBurst, OP } from '../../lib/index.js';
import { burstOf, drain, expectEmpty, forward, fresh, rig, send, take } from './harness.js';
import { sendAll, took, upTo } from './harness.js';

const LAST = 2;

/** Port 0 produces into queue 0, port 1 serves it, port 2 takes queue 1. */
function line(type: 'atomic' | 'ordered' | 'parallel' = 'atomic') {
  return rig({
    eventsLimit: 512,
    queues: [{ type }, { type: 'directed' }],
    ports: [{ enqueueDepth: 512 }, { links: [0] }, { links: [1] }],
  });
}

test('a RELEASE ends the oldest event, whatever it says', async () => {
  const r = await line();
  send(r.ports[0]!, { flowId: 1 }, { flowId: 2 }, { flowId: 2 });
  r.pass();
  const batch = take(r.ports[1]!);
  const one = new EventBurst(1);
  one.append(batch, 2);
  one.setOp(0, OP.RELEASE);
  expect(r.ports[1]!.enqueueBurst(one)).toBe(1);
  r.pass();
  // Flow 1 is idle: the oldest was completed.
  expect(r.stats().queues[0]!.pinned).toEqual([{ port: 1, flows: 1, events: 2 }]);
  expect(r.stats().ports[1]!.misordered).toBe(1);
});

test('a FORWARD ends the oldest event and brings its own', async () => {
  const r = await line('ordered');
  send(r.ports[0]!, ...fresh(3));
  r.pass();
  const batch = take(r.ports[1]!);
  for (const i of [2, 0, 1]) forward(r.ports[1]!, batch, i, 1);
  r.pass();
  // Event 2 took the place of 0, and so on: places are given in order of completion.
  expect(took(r.ports[LAST]!)).toEqual([2, 0, 1]);
  expect(r.stats().ports[1]!.misordered).toBe(3);
});

test('completions in order are not misordered, over several bursts and past 256', async () => {
  const r = await line();
  sendAll(
    r,
    r.ports[0]!,
    upTo(400).map((i) => ({ flowId: i, payload: i })),
  );
  r.pass();
  for (let i = 0; i < 20; i++) {
    const [a, b] = [take(r.ports[1]!, 7), take(r.ports[1]!, 13)];
    for (let k = 0; k < a.length; k++) forward(r.ports[1]!, a, k, 1);
    for (let k = 0; k < 5; k++) forward(r.ports[1]!, b, k, 1);
    r.ports[1]!.release(3);
    for (let k = 8; k < b.length; k++) {
      const one = new EventBurst(1);
      one.append(b, k);
      one.setOp(0, OP.RELEASE);
      r.ports[1]!.enqueueBurst(one);
    }
    r.pass();
  }
  // 12 of 20 were forwarded each time; the others ended.
  expect(r.stats().ports[1]).toMatchObject({ misordered: 0, inflight: 0, tx: 400, rx: 240 });
  const sent = upTo(400).filter((i) => i % 20 < 12);
  expect(drain(r)[LAST]).toEqual(sent);
  expectEmpty(r);
});

test('release completes as many as asked for, at most what is outstanding', async () => {
  const r = await line();
  send(r.ports[0]!, ...fresh(10));
  r.pass();
  take(r.ports[1]!, 6);
  expect(r.ports[1]!.outstanding).toBe(6);
  expect(r.ports[1]!.release(2)).toBe(2);
  expect(r.ports[1]!.outstanding).toBe(4);
  expect([0, -3, Number.NaN].map((n) => r.ports[1]!.release(n))).toEqual([0, 0, 0]);
  expect(r.ports[1]!.release(1e9)).toBe(4);
  expect(r.ports[1]!.release(1)).toBe(0);
  r.pass();
  // Four wait in the CQ: they were not dequeued and cannot be released.
  expect(r.stats().ports[1]).toMatchObject({ inflight: 4, cqUsed: 4 });
});

test('releases in a row take one slot of the ring together', async () => {
  const r = await line();
  send(r.ports[0]!, ...fresh(100));
  r.pass();
  take(r.ports[1]!);
  r.ports[1]!.release(60);
  expect(r.stats().ports[1]!.enqueueUsed).toBe(1);
  send(r.ports[1]!, ...upTo(40).map(() => ({ op: OP.RELEASE })));
  expect(r.stats().ports[1]!.enqueueUsed).toBe(2);
  r.pass();
  expectEmpty(r);
});

test('a dequeue with implicit release first completes what is outstanding', async () => {
  const r = await rig({
    queues: [{ type: 'atomic' }],
    ports: [{}, { links: [0], implicitRelease: true, dequeueDepth: 4 }],
  });
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  expect(took(r.ports[1]!, 3)).toEqual([0, 1, 2]);
  expect(r.ports[1]!.outstanding).toBe(3);
  expect(took(r.ports[1]!, 3)).toEqual([3]);
  expect(r.ports[1]!.outstanding).toBe(1);
  r.pass();
  expect(r.stats().inflight).toBe(3);
  // An empty dequeue releases too.
  expect(took(r.ports[1]!, 0)).toEqual([]);
  expect(r.ports[1]!.outstanding).toBe(0);
});

test('without implicit release nothing is completed by a dequeue', async () => {
  const r = await line();
  send(r.ports[0]!, ...fresh(6));
  r.pass();
  for (let i = 0; i < 6; i++) expect(took(r.ports[1]!, 1)).toEqual([i]);
  expect(r.ports[1]!.outstanding).toBe(6);
  r.pass();
  expect(r.stats().ports[1]!.inflight).toBe(6);
});

test('a port counts what it holds as inflight, dequeued or not, until it is completed', async () => {
  const r = await line('parallel');
  send(r.ports[0]!, ...fresh(5));
  r.pass();
  const inflight = (): number[] => [r.stats().ports[1]!.inflight, r.stats().queues[0]!.inflight];
  expect(inflight()).toEqual([5, 5]);
  const batch = take(r.ports[1]!, 3);
  expect(inflight()).toEqual([5, 5]);
  forward(r.ports[1]!, batch, 0, 1);
  r.ports[1]!.release(1);
  r.pass();
  expect(inflight()).toEqual([3, 3]);
  drain(r);
  expectEmpty(r);
});

test('a burst of completions and NEW events is taken in its order', async () => {
  const r = await line();
  send(r.ports[0]!, ...fresh(2));
  r.pass();
  const batch = take(r.ports[1]!);
  const mixed = burstOf(
    { op: OP.NEW, queueId: 1, payload: 100 },
    { op: OP.FORWARD, queueId: 1, payload: 0, implOpaque: batch.implOpaque(0) },
    { op: OP.RELEASE, implOpaque: batch.implOpaque(1) },
    { op: OP.FORWARD, queueId: 1, payload: 101 },
    { op: OP.RELEASE },
  );
  expect(r.ports[1]!.enqueueBurst(mixed)).toBe(5);
  expect(r.ports[1]!.outstanding).toBe(0);
  r.pass();
  expect(took(r.ports[LAST]!)).toEqual([100, 0, 101]);
  expect(r.stats().ports[1]).toMatchObject({ misordered: 0, inflight: 0, rx: 3 });
});
