/**
 * C8: where the spec leaves the depth of a CQ open, it follows how long events take.
 *
 * Inline devices keep their depths, so the scheduler is told that it is one of a worker; the clock
 * stands still unless a test moves it.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type * as Real from '../../lib/scheduler/scheduler.js';

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
const { fresh, rig, sendAll, took, upTo } = await import('./harness.js');

beforeEach(() => {
  clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  clock.mockRestore();
});

const STEPS = 25;

/** Two ports whose depths are left open; port 1 takes `ms` for each of its events, meanwhile port 2
 *  takes a part of that for all that it is given. */
async function depthsAfter(ms: number, events: number): Promise<number[]> {
  const r = await rig({
    eventsLimit: 16_384,
    far: true,
    queues: [{ type: 'parallel' }],
    ports: [{ enqueueDepth: 4096 }, ...upTo(2).map(() => ({ links: [0] }))],
  });
  const depthOf = (id: number): number => {
    const { cqUsed, cqFree } = r.stats().ports[id]!;
    return cqUsed + cqFree;
  };
  expect(depthOf(1)).toBe(depthOf(2));
  for (let event = 0; event < events; event++) {
    expect(took(r.ports[1]!, 1)).toHaveLength(event === 0 ? 0 : 1);
    for (let step = 0; step < STEPS; step++) {
      sendAll(r, r.ports[0]!, fresh(2048 - r.stats().queues[0]!.iqUsed[4]!));
      r.pass();
      now += ms / STEPS;
      r.ports[2]!.release(took(r.ports[2]!).length);
      r.pass();
    }
    r.ports[1]!.release(1);
    r.pass();
  }
  return [1, 2].map(depthOf);
}

test('few events sit behind a port that takes long, many where they are done at once', async () => {
  const [slow, fast] = await depthsAfter(20, 220);
  // One in hand, and a handful behind it.
  expect(slow).toBeLessThanOrEqual(4);
  expect(fast).toBeGreaterThanOrEqual(64);
});

test('a port whose events take no time is given no less than at first', async () => {
  const [one, other] = await depthsAfter(0, 20);
  expect(one).toBeGreaterThanOrEqual(64);
  expect(other).toBeGreaterThanOrEqual(64);
});
