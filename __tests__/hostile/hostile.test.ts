/**
 * Hostile memory, with threads: one domain's thread overwrites all that it can reach, while another
 * domain of the same scheduler worker is at work.
 *
 * Parks have their limit here: a spoiled bell is what it is for.
 */
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Findings } from './findings.js';
import { PARK_LIMIT_MS, runHostile } from './run-hostile.js';

const RUN_MS = 1500;
/** An event is taken in twice on its way, and the bell may be spoiled each time. The rest is for
 *  threads that wait for one of two cores. */
const DELAY_MAX_MS = 2 * PARK_LIMIT_MS + 800;
/** A spoiled bell, the grace of a stop, and the rest as above. */
const COMMAND_MAX_MS = 2 * PARK_LIMIT_MS + 800;

function expectUnharmed({ wrong, delayMs, counts }: Findings): void {
  expect(wrong).toEqual({ misplaced: 0, missing: 0, flushed: 0, dropped: 0, thrown: [] });
  expect(delayMs.slowest).toBeLessThan(DELAY_MAX_MS);
  expect(delayMs.slowestCommandMs).toBeLessThan(COMMAND_MAX_MS);
  expect(Math.min(counts.rounds, counts.commands, counts.later)).toBeGreaterThan(10);
  expect(counts.strikes).toBeGreaterThan(1000);
}

const random = randomInt(2 ** 31);

test.each([1, random])(
  'one domain is overwritten, and another is neither harmed nor held up: seed %i',
  async (seed) => {
    const findings = await runHostile(seed, RUN_MS);
    expectUnharmed(findings);
    // The hostile domain's other threads went on as well as they could.
    expect(findings.counts.got).toBeGreaterThan(0);
  },
);

test('a bell that is set back again and again holds nobody up for longer than a park', async () => {
  expectUnharmed(await runHostile(2, RUN_MS, 'silencer'));
});
