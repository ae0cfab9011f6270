/**
 * Threads that are terminated at any moment while items flow: nothing is lost, doubled, out of order or in two
 * hands. `npm run stress -- --pipeline` runs more of it, larger; `--seed` runs one again.
 */
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { planOf, runChaos } from './chaos.js';

const SIZE = { items: 10_000, kills: 6 };
/** Between them: every schedule, both orders, handlers of both kinds. */
const SEEDS = [9, 14];

const NOTHING = {
  lost: 0,
  twice: 0,
  overtaken: 0,
  shared: 0,
  outOfOrder: 0,
  threadsLeft: 0,
  inFlight: 0,
  error: null,
};

test.each([...SEEDS, randomInt(2 ** 31)])(
  'nothing goes wrong when threads are killed: seed %i',
  async (seed) => {
    const report = await runChaos(seed, SIZE);
    expect(report).toMatchObject({ seed, wrong: NOTHING });
    const { kills, crashes } = report.counts;
    expect(kills).toBeGreaterThan(0);
    // A thread that had no seat yet is nobody's loss.
    expect(crashes).toBeLessThanOrEqual(kills);
  },
);

test('the fixed seeds cover every schedule and both orders', () => {
  const plans = SEEDS.map(planOf);
  const schedules = new Set(plans.flatMap((plan) => plan.schedules));
  expect([...schedules].toSorted()).toEqual(['atomic', 'ordered', 'parallel', 'sticky']);
  expect(new Set(plans.map(({ order }) => order)).size).toBe(2);
  const handlers = new Set(plans.flatMap((plan) => plan.handlers));
  expect(handlers.has('visit') && (handlers.has('stay') || handlers.has('settle'))).toBe(true);
});
