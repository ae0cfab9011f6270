/**
 * Two tenants on one device, of which one is hostile: garbage ids, memory written over, floods of requests, credits
 * hoarded, nothing completed, death at random. The other loses, sees and reorders nothing.
 */
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { runChild } from '../contracts/threads/run-child.js';
import { PARK_LIMIT_MS } from './run-hostile.js';
import type { TenantFindings } from './two-tenants.js';

const PROGRAM = new URL('two-tenants.program.js', import.meta.url).href;
const EVENTS_MIN = 20_000;

test.each([1, randomInt(2 ** 31)])('a hostile tenant harms no other: seed %i', async (seed) => {
  const env = { SOFTDLB_PARK_LIMIT_MS: String(PARK_LIMIT_MS) };
  const findings = await runChild<TenantFindings>(PROGRAM, [seed, EVENTS_MIN], [], env);
  const { good } = findings;
  expect(findings).toMatchObject({
    thrown: [],
    resetsFailed: 0,
    isWhole: true,
    domainsLeft: 0,
    good: { misplaced: 0, foreign: 0, dropped: 0, flushed: 0, received: good.sent },
  });
  expect(good.received).toBeGreaterThanOrEqual(EVENTS_MIN);
  expect(good.calls).toBeGreaterThan(0);
  expect(findings.deeds).toBeGreaterThan(30);
});
