/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { doorbell, parkedPort, parkedScheduler } from './idling.js';
import { early, findsWithout, late } from './weakening.js';
import type { Weakening } from './weakening.js';

const reduce = true;
const DOORBELL = 'header.DOORBELL';
const SLEEPING = 'header.SLEEPING';

test('what a port has published is taken in, or its doorbell bit is set', () => {
  const outcomes = ['all taken in', 'taken 0 of 2, rung', 'taken 1 of 2, rung'];
  doorbell(2, 2, { reduce }).allow(...outcomes);
});

test('a scheduler that parks is woken by the port that publishes', () => {
  parkedScheduler(1, 1).allow('all taken in');
  parkedScheduler(1, 2, { reduce }).allow('all taken in');
});

test('a scheduler that parks is woken by whichever port publishes', () => {
  parkedScheduler(2, 1, { reduce }).allow('all taken in');
});

test('a port that sleeps is woken by what the scheduler delivers', () => {
  parkedPort(1).allow('all taken');
  parkedPort(2, { reduce }).allow('all taken');
});

test.each<[string, Weakening]>([
  ['D1→D2: the index before the bit', late('swapIf', 'PP_TAIL', 'setBits', DOORBELL)],
  ['D1→D2: the bits before the index', early('PP_TAIL', 'swap', DOORBELL)],
])('it is missed: %s', (_, weakening) => {
  const run = (): unknown => doorbell(2, 2, { reduce }).never(/of \d$/);
  expect(findsWithout(weakening, run)).toBe('outcome');
});

test.each<[string, Weakening]>([
  ['S1→S2: the bit before SLEEPING', early(SLEEPING, 'setBits', DOORBELL)],
  ['S1→S2: SLEEPING before the bit', late('publish', SLEEPING, 'observe', DOORBELL)],
  ['S1→S2: the count of the bell', { op: 'addTo', word: 'BELL', how: 'dropped' }],
  ['S1→S2: the wake-up', { op: 'wake', word: 'BELL', how: 'dropped' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => parkedScheduler(1, 1))).toBe('deadlock');
});

test.each<[string, Weakening]>([
  ['W1→W2: the index before SLEEPING', late('publish', 'CQ_TAIL', 'observe', 'port0.SLEEPING')],
  ['W1→W2: SLEEPING before the index', late('publish', 'port0.SLEEPING', 'observe', 'CQ_TAIL')],
  ['W1→W2: the count of WAKE', { op: 'addTo', word: 'WAKE', how: 'dropped' }],
  ['W1→W2: the wake-up', { op: 'wake', word: 'WAKE', how: 'dropped' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => parkedPort(1))).toBe('deadlock');
});
