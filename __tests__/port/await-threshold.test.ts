/** S10: who waits for NEW to be accepted waits for its threshold as well, and does not spin. */
import { expect, test } from '@jest/globals';
import { PORT, SEEKS_SHIFT } from '../../lib/memory/layout.js';
import { attachPort, EventBurst, openDevice, REFUSAL } from '../../lib/index.js';
import { fresh, rig, send, took } from '../contracts/harness.js';
import type { Rig } from '../contracts/harness.js';
import { viewDomain } from '../../lib/memory/attachment.js';

/** Longer than any wait here takes; nothing is measured by it. */
const LONG_MS = 20_000;

/** Port 0 takes all that come; ports 1, 2, ... have these thresholds. */
function limited(...thresholds: number[]): Promise<Rig> {
  return rig({
    eventsLimit: 64,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, ...thresholds.map((newEventThreshold) => ({ newEventThreshold }))],
    far: true,
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Passes, and turns of the event loop, until nothing that is on its way is left. */
async function settle(r: Rig, rounds = 4): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    r.pass(4);
    await turn();
  }
}

/** The port's events have filled the domain up to its threshold. */
function fill(r: Rig, id: number, count: number): void {
  expect(send(r.ports[id]!, ...fresh(count + 1))).toBe(count);
  expect(r.ports[id]!.refusal).toBe(REFUSAL.THRESHOLD);
  r.pass();
}

/** As many events leave the domain. */
function finish(r: Rig, count: number): void {
  took(r.ports[0]!, count);
  expect(r.ports[0]!.release(count)).toBe(count);
}

test('S10: awaitCredits gives up after its time when the threshold is the refusal', async () => {
  const r = await limited(8);
  fill(r, 1, 8);
  const begin = performance.now();
  expect(r.ports[1]!.awaitCredits(1, 20)).toBe(false);
  expect(performance.now() - begin).toBeGreaterThan(15);
  finish(r, 1);
  r.pass();
  expect(r.ports[1]!.awaitCredits(2, 0)).toBe(false);
  expect(r.ports[1]!.awaitCredits(1, 0)).toBe(true);
  expect(send(r.ports[1]!, {}, {})).toBe(1);
});

test('S10: ready({ credits }) resolves when so many are let in, and not before', async () => {
  const r = await limited(8);
  fill(r, 1, 8);
  const seen: string[] = [];
  const waits = [1, 3].map((credits) =>
    r.ports[1]!.ready({ credits }).then((is) => seen.push(`${credits} ${is}`)),
  );
  await settle(r);
  expect(seen).toEqual([]);
  finish(r, 1);
  await settle(r);
  expect(seen).toEqual(['1 true']);
  finish(r, 1);
  await settle(r);
  expect(seen).toEqual(['1 true']);
  finish(r, 1);
  await Promise.all([...waits, settle(r)]);
  expect(seen).toEqual(['1 true', '3 true']);
  expect(send(r.ports[1]!, ...fresh(4))).toBe(3);
});

test('S10: a wait for credits and one for the threshold, one after the other', async () => {
  const r = await limited(8, 64);
  // Port 2 takes all credits, and more is inside than port 1 may see.
  expect(r.ports[2]!.awaitCredits(64, 0)).toBe(false);
  for (let sent = 0, round = 0; sent < 64; round++) {
    expect(round).toBeLessThan(32);
    sent += send(r.ports[2]!, ...fresh(64 - sent));
    r.pass();
  }
  let isReady = false;
  const waiting = r.ports[1]!.ready({ credits: 4 }).then((is) => (isReady = is));
  await settle(r);
  // It asks for no credits that it could not use.
  finish(r, 40);
  await settle(r);
  expect([isReady, r.stats().ports[1]!.credits]).toEqual([false, 0]);
  finish(r, 20);
  await settle(r, 8);
  expect(await waiting).toBe(true);
  expect(send(r.ports[1]!, ...fresh(5))).toBe(4);
});

test('S10: ports with different thresholds are woken each at its own', async () => {
  const r = await limited(2, 4, 8, 64);
  expect(send(r.ports[4]!, ...fresh(12))).toBe(12);
  r.pass();
  const seen: number[] = [];
  const waits = [1, 2, 3].map((id) =>
    r.ports[id]!.ready({ credits: 1 }).then((is) => is && seen.push(id)),
  );
  for (const [left, expected] of [
    [8, []],
    [7, [3]],
    [4, [3]],
    [3, [3, 2]],
    [2, [3, 2]],
    [1, [3, 2, 1]],
  ] as const) {
    finish(r, r.stats().inflight - left);
    await settle(r);
    expect([left, seen]).toEqual([left, expected]);
  }
  await Promise.all(waits);
});

test('S10: more than can ever be let in is as many as can be', async () => {
  const r = await limited(8, 64);
  expect(r.ports[1]!.awaitCredits(9, 0)).toBe(true);
  expect(r.ports[1]!.awaitCredits(Infinity, 0)).toBe(true);
  expect(await r.ports[1]!.ready({ credits: 1e9 })).toBe(true);
  const all = r.ports[2]!.ready({ credits: 65 });
  await settle(r);
  expect(await all).toBe(true);
  expect(send(r.ports[2]!, ...fresh(64))).toBe(64);
});

test.each(['dequeue', 'stop', 'detach', 'disable', 'close', 'abort'] as const)(
  'S10: a wait below the threshold ends with %s, and leaves nothing behind',
  async (how) => {
    const r = await rig({
      eventsLimit: 8,
      queues: [{ type: 'parallel' }, { type: 'directed' }],
      ports: [{ links: [0] }, { links: [1], newEventThreshold: 4 }],
      far: true,
    });
    const port = r.ports[1]!;
    expect(send(port, ...fresh(5))).toBe(4);
    r.pass();
    const ends = new AbortController();
    const waiting = port.ready({ credits: 2, signal: ends.signal });
    const view = viewDomain(r.domain.attachment(1));
    const at = view.layout.ports[1]!.at;
    expect(view.words[at + PORT.SLEEPING]! >>> SEEKS_SHIFT).toBe(2);
    await settle(r);
    if (how === 'dequeue') {
      took(r.ports[0]!, 1);
      r.ports[0]!.release(1);
      send(r.ports[0]!, { queueId: 1 });
      r.pass();
    } else if (how === 'stop') await r.domain.stop();
    else if (how === 'detach') port.detach();
    else if (how === 'disable') await r.domain.disablePort(1);
    else if (how === 'close') await r.domain.close();
    else ends.abort();
    expect(await waiting).toBe(how === 'dequeue');
    const left = [view.words[at + PORT.SLEEPING]! >>> SEEKS_SHIFT, view.words[at + PORT.WISH]];
    expect(left).toEqual([0, 0]);
  },
);

test('S10: a thread that is refused by its threshold sleeps until it is let in', async () => {
  await using device = await openDevice();
  const domain = await device.createDomain({
    eventsLimit: 64,
    queues: [{ type: 'directed' }],
    ports: [{ newEventThreshold: 4 }, { links: [0], implicitRelease: false }],
  });
  const [producer, consumer] = [0, 1].map((id) => attachPort(domain.attachment(id)));
  await domain.start();
  const burst = new EventBurst(4);
  for (let round = 0; round < 20; round++) {
    expect(producer!.awaitCredits(4, LONG_MS)).toBe(true);
    expect(send(producer!, ...fresh(5))).toBe(4);
    for (let left = 4; left > 0; left -= burst.length) consumer!.dequeueBurst(burst, 4, LONG_MS);
    expect(producer!.awaitCredits(1, 0)).toBe(false);
    const waiting = producer!.ready({ credits: 4 });
    if (round % 2 === 0) await turn();
    consumer!.release(4);
    expect(await waiting).toBe(true);
  }
});

test('S10: a wait that goes on keeps its wish when another call is let in', async () => {
  const r = await rig({
    eventsLimit: 8,
    queues: [{ type: 'parallel' }],
    ports: [{ links: [0] }, {}],
    far: true,
  });
  send(r.ports[1]!, ...fresh(3));
  r.pass();
  let isReady = false;
  const waiting = r.ports[1]!.ready({ credits: 7 }).then((is) => (isReady = is));
  expect(send(r.ports[1]!, {})).toBe(1);
  await settle(r);
  expect(isReady).toBe(false);
  finish(r, 4);
  await settle(r, 8);
  expect(await waiting).toBe(true);
});

test('S10: a port whose predecessor is not gone yet waits, and is not told no at once', async () => {
  const r = await limited(8);
  r.ports[1]!.detach();
  const next = attachPort({ ...r.domain.attachment(1), schedulerThread: undefined });
  expect(send(next, {})).toBe(0);
  expect(next.refusal).toBe(REFUSAL.CREDIT);
  const begin = performance.now();
  expect(next.awaitCredits(1, 20)).toBe(false);
  expect(performance.now() - begin).toBeGreaterThan(15);
  r.pass();
  expect(next.awaitCredits(1, 0)).toBe(true);
});

test('a thread that died while it slept leaves no word for the next owner of its port', async () => {
  const r = await limited(8);
  const { words, layout } = viewDomain(r.domain.attachment(1));
  const at = layout.ports[1]!.at + PORT.SLEEPING;
  void r.ports[1]!.ready({ credits: 9, depth: 2 });
  fill(r, 1, 8);
  words[at] = (5 << SEEKS_SHIFT) | 1;
  await r.domain.reclaim(1);
  attachPort(r.domain.attachment(1));
  expect(words[at]).toBe(0);
});
