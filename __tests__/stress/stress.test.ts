/**
 * Real threads under stress: topologies of producers, workers and stages that follow from a seed,
 * with stalls, detaches and terminations at any moment; parks without limit.
 *
 * `npm run stress -- --help` tells how to run more of them, or one again.
 */
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { runSeed } from './run-seed.js';
import { orderOf, topologyOf } from './topology.js';

const RUN_MS = 500;
/** One per kind of order, and between them every type of stage, with terminations and detaches. */
const SEEDS = [2, 18, 20, 37];

/** All zero: nothing lost, doubled, in two hands, out of order or left, no credit missing. */
const NOTHING = {
  lost: 0,
  twice: 0,
  shared: 0,
  overtaken: 0,
  foreign: 0,
  creditsMissing: 0,
  flushed: 0,
};

test.each(SEEDS)(
  'every payload goes through all stages, once and in order: seed %i',
  async (seed) => {
    const { wrong, stuck, counts } = await runSeed(seed, RUN_MS);
    expect({ wrong, stuck }).toEqual({ wrong: NOTHING, stuck: null });
    expect(counts.sent).toBeGreaterThan(0);
  },
);

const random = randomInt(2 ** 31);

test(`every payload goes through all stages, once and in order: random seed ${random}`, async () => {
  const { wrong, stuck } = await runSeed(random, RUN_MS);
  expect({ wrong, stuck }).toEqual({ wrong: NOTHING, stuck: null });
});

test('the fixed seeds cover every type of stage, every order, and every way to leave', () => {
  const topologies = SEEDS.map(topologyOf);
  const types = new Set(topologies.flatMap(({ stages }) => stages));
  expect([...types].toSorted()).toEqual(['atomic', 'ordered', 'parallel']);
  const orders = new Set(topologies.map(orderOf));
  expect([...orders].toSorted()).toEqual(['flow', 'none', 'producer']);
  expect(topologies.some(({ killEveryMs }) => killEveryMs > 0)).toBe(true);
  expect(topologies.some(({ detachOnceIn }) => detachOnceIn > 0)).toBe(true);
  expect(Math.max(...topologies.map(({ stages }) => stages.length))).toBe(3);
});
