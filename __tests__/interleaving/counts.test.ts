/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { snapshot } from './statistics.js';
import { belowThreshold, threshold } from './threshold.js';
import { early, findsWithout, late } from './weakening.js';
import type { Weakening } from './weakening.js';

/** A reader begins anew as long as the scheduler copies; such schedules are left. */
const rereading = { reduce: true, cut: true, steps: 20 };

test('a port whose event is on its way or inside does not exceed its threshold of one', () => {
  threshold(1).allow('sent 1');
  threshold(2, { reduce: true }).allow('sent 1');
});

test('S10: a port that sleeps until it is below its threshold is woken', () => {
  belowThreshold().allow('let in 1');
});

test.each<[string, Weakening]>([
  ['W1→W2: the level before SLEEPING', late('publish', 'TAKEN_NEW', 'observe', 'port0.SLEEPING')],
  ['W1→W2: SLEEPING before the level', late('publish', 'port0.SLEEPING', 'observe', 'TAKEN_NEW')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, belowThreshold)).toBe('deadlock');
});

test('a snapshot is of one pass', () => {
  snapshot(2, rereading).allow('pass 0', 'pass 1', 'pass 2');
});

test.each<[string, Weakening]>([
  ['T2→T1: IN_DOMAIN first', late('publish', 'IN_DOMAIN', 'publish', 'TAKEN_NEW')],
  ['T2→T1: TAKEN_NEW is seen first', early('IN_DOMAIN', 'observe', 'TAKEN_NEW')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => threshold(1).never('sent 2'))).toBe('outcome');
});

test.each<[string, Weakening]>([
  ['Q1→Q2: SEQ is published', { op: 'publish', word: 'SEQ', how: 'dropped' }],
  ['Q1→Q2: SEQ is observed', { op: 'observe', word: 'SEQ', how: 'dropped' }],
])('it is missed: %s', (_, weakening) => {
  const run = (): unknown => snapshot(1, rereading).never('mixed');
  expect(findsWithout(weakening, run)).toBe('outcome');
});
