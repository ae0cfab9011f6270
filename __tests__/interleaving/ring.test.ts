/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { cqRing, fencedRing } from './ring.js';
import { findsWithout } from './weakening.js';
import type { Weakening } from './weakening.js';

test('a port takes what the scheduler sends through a CQ, in order, whole and once', () => {
  const seen = cqRing(4).allow('', '1,2', '1,2,3,4', '1,2,3,4,5,6', '1,2,3,4,5,6,7,8');
  expect(seen.longest).toEqual({ scheduler: 8, port: 8 });
});

test('an event is accepted before the fence and found, or refused', () => {
  fencedRing(4).allow('all accepted, once');
});

test.each<[string, Weakening]>([
  ['R1→A1: the scheduler publishes TAIL', { op: 'publish', word: 'CQ_TAIL', how: 'unordered' }],
  ['R1→A1: the port observes TAIL', { op: 'observe', word: 'CQ_TAIL', how: 'unordered' }],
  ['R2→A2: the port publishes HEAD', { op: 'publish', word: 'CQ_HEAD', how: 'unordered' }],
  ['R2→A2: the scheduler observes HEAD', { op: 'observe', word: 'CQ_HEAD', how: 'unordered' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => cqRing(3))).toBe('race');
});

test.each<[string, Weakening, string]>([
  ['F1→F2: the fence', { op: 'addTo', word: 'PP_TAIL', how: 'unordered' }, 'race'],
  ['F1→F2: the swap', { op: 'swapIf', word: 'PP_TAIL', how: 'unordered' }, 'race'],
  ['F1→F2: that it compares', { op: 'swapIf', word: 'PP_TAIL', how: 'blind' }, 'outcome'],
])('it is missed: %s', (_, weakening, finding) => {
  const run = (): unknown => fencedRing(3).allow('all accepted, once');
  expect(findsWithout(weakening, run)).toBe(finding);
});
