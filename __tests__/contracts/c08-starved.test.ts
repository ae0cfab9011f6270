/**
 * C8: where the spec leaves the depth of a CQ open, a thread that waits for a core is not taken for a
 * slow one, and a fast one is given what it can do.
 *
 * As in c08-adaptive.test.ts, the scheduler is told that it is one of a worker, the ports are those of
 * other threads, and the clock stands still unless a test moves it.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type * as Real from '../../lib/scheduler/scheduler.js';
import type { Rig } from './harness.js';

let now = 1;
let clock: jest.SpiedFunction<typeof performance.now>;

const real = (await import(
  new URL('../../lib/scheduler/scheduler.js', import.meta.url).href
)) as typeof Real;
jest.unstable_mockModule('../../lib/scheduler/index.js', async () => ({
  ...(await import('../../lib/scheduler/recovery.js')),
  Scheduler: class extends real.Scheduler {
    constructor(_inline: boolean, onFailure: ConstructorParameters<typeof Real.Scheduler>[1]) {
      super(false, onFailure);
    }
  },
}));
const { fresh, rig, sendAll, took } = await import('./harness.js');

beforeEach(() => {
  clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  clock.mockRestore();
});

/** Events that wait in the queue before each round: more than any depth. */
const WAITING = 4500;
const DEPTH_MAX = 4096;

/** A port that feeds, and one whose depth is left open. */
function oneConsumer(): Promise<Rig> {
  return rig({
    eventsLimit: 16_384,
    far: true,
    queues: [{ type: 'parallel' }],
    ports: [{ enqueueDepth: 4096 }, { links: [0] }],
  });
}

function depthOf(r: Rig): number {
  const { cqUsed, cqFree } = r.stats().ports[1]!;
  return cqUsed + cqFree;
}

/** Sees to it that events wait, whatever the port was given. */
function feed(r: Rig): void {
  for (let short = WAITING; short > 0; r.pass()) {
    short = WAITING - r.stats().queues[0]!.iqUsed[4]!;
    if (short > 0) sendAll(r, r.ports[0]!, fresh(Math.min(short, 2048)));
  }
}

/** Passes while nothing is taken. */
function waitFor(r: Rig, ms: number): void {
  for (let i = 0; i < 4; i++) {
    now += ms / 4;
    r.pass();
  }
}

/** The port's depth after each of `rounds` that end with everything done. */
function depths(r: Rig, rounds: number, round: () => void): number[] {
  return Array.from({ length: rounds }, () => {
    feed(r);
    round();
    r.pass();
    return depthOf(r);
  });
}

/** Takes all that the port was given and completes it, `ms` later. */
function doAll(r: Rig, ms: number): void {
  const port = r.ports[1]!;
  expect(took(port).length).toBeGreaterThan(0);
  if (ms > 0) {
    r.pass();
    now += ms;
  }
  port.release(port.outstanding);
}

test('a port whose thread comes late and is done at once does not lose depth', async () => {
  const r = await oneConsumer();
  const first = depthOf(r);
  const found = depths(r, 60, () => {
    waitFor(r, 20);
    doAll(r, 0);
  });
  expect(Math.min(...found)).toBeGreaterThanOrEqual(first);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
});

test('a port whose thread comes late and completes in parts does not lose depth', async () => {
  const r = await oneConsumer();
  const first = depthOf(r);
  const port = r.ports[1]!;
  const found = depths(r, 60, () => {
    waitFor(r, 20);
    for (let part = 0, size = depthOf(r) >>> 2; part < 4; part++) {
      expect(port.release(took(port, size).length)).toBe(size);
      now += 0.01;
      r.pass();
    }
  });
  expect(Math.min(...found)).toBeGreaterThanOrEqual(first);
});

test('a port that is always full and done at once is given more, though it never runs dry', async () => {
  const r = await oneConsumer();
  const port = r.ports[1]!;
  const first = depthOf(r);
  let leftOver = Infinity;
  const found: number[] = [];
  for (let step = 0; step < 200; step++) {
    feed(r);
    // One in two waits in the CQ at all times.
    expect(took(port, depthOf(r) >>> 1).length).toBeGreaterThan(0);
    leftOver = Math.min(leftOver, r.stats().ports[1]!.cqUsed);
    now += 0.02;
    port.release(port.outstanding);
    r.pass();
    found.push(depthOf(r));
  }
  expect(leftOver).toBeGreaterThan(0);
  expect(first).toBe(64);
  expect(found.at(-1)).toBe(DEPTH_MAX);
});

test('a port whose events take 8 ms each goes down to a few', async () => {
  const r = await oneConsumer();
  const port = r.ports[1]!;
  feed(r);
  for (let event = 0; event < 200; event++) {
    expect(took(port, 1)).toHaveLength(1);
    for (let step = 0; step < 4; step++) {
      r.pass();
      now += 2;
    }
    port.release(1);
    r.pass();
  }
  expect(depthOf(r)).toBeLessThanOrEqual(2);
});

test('a slow port that comes to be fast is given its depth again', async () => {
  const r = await oneConsumer();
  depths(r, 20, () => doAll(r, 8));
  expect(depthOf(r)).toBeLessThanOrEqual(2);
  depths(r, 40, () => doAll(r, 0));
  expect(depthOf(r)).toBe(DEPTH_MAX);
});
