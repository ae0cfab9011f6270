/** What handlers and jobs may return and throw, and a few seeds of `npm run stress -- --values`. */
import { expect, test } from '@jest/globals';
import { runChild } from '../../contracts/threads/run-child.js';
import { planOf } from './plan.js';
import { runValues } from './run-values.js';

test('W2, W3, W4, W5, S2, S4: every sort of value arrives as it is or is refused, and harms no other item', async () => {
  const program = new URL('sorts.program.js', import.meta.url).href;
  expect(await runChild<string[]>(program, [], [], {})).toEqual([]);
});

/** Deaths behind the handler, a break by the scheduler, a thread that is terminated, a pool. */
const SEEDS = [7, 10, 12, 16];

test.each(SEEDS)(
  'S3, S5, L1: everything is told once, and no other item is touched: seed %i',
  async (seed) => {
    expect((await runValues(seed)).wrong).toEqual([]);
  },
);

test('the seeds have deaths behind handlers, and a break, in them', () => {
  const plans = SEEDS.map(planOf);
  const deeds = plans.flatMap(({ items }) => items.flatMap(({ deed }) => deed ?? []));
  const lethal = deeds.filter(({ what }) => what === 'die' || what === 'hang');
  expect(lethal.some(({ at }) => at !== 'call' && at !== 'await')).toBe(true);
  expect(plans.some(({ ending }) => ending !== 'orderly')).toBe(true);
  expect(plans.some(({ kills }) => kills > 0)).toBe(true);
});
