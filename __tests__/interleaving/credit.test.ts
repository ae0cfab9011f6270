/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { creditRound, endedWish, wish, wishAgainstAttach } from './credit.js';
import { early, findsWithout, late } from './weakening.js';
import type { Weakening } from './weakening.js';

test('a place of the ring is written again only when its credit has come back', () => {
  creditRound(2).allow('sent 1, taken ', 'sent 1, taken 1', 'sent 2, taken 1', 'sent 2, taken 1,2');
});

test('a thread takes a port while its credits go to another: none is lost, none is given twice', () => {
  wishAgainstAttach({ reduce: true }).allow('taken 2, credits 2');
});

test('a port that wishes for the last credit of the domain and sleeps is given it', () => {
  wish({ reduce: true }).allow('taken 1');
});

test.each<[string, Weakening]>([
  ['C2→C1: the scheduler adds', { op: 'addTo', word: 'CREDIT', how: 'unordered' }],
  ['C2→C1: the port takes', { op: 'swapIf', word: 'CREDIT', how: 'unordered' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => creditRound(2))).toBe('race');
});

test.each<[string, Weakening]>([
  ['C3→C4: the wish before the ring', late('swap', 'WISH', 'observe', 'header.SLEEPING')],
  ['C3→C4: the doorbell before the wish', early('WISH', 'swap', 'header.DOORBELL')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => wish({ reduce: true }))).toBe('deadlock');
});

test('S11: a port that comes when its wish is ended is served all the same', () => {
  endedWish('waits').allow('taken 1');
  endedWish('refused').allow('taken 0');
});

test.each<[string, 'waits' | 'refused', Weakening]>([
  ['C5→C6: the mark before what is sought', 'waits', early('SLEEPING', 'swapIf', 'WISH')],
  [
    'C5→C6: what is sought before the wish',
    'waits',
    late('publish', 'SLEEPING', 'observe', 'WISH'),
  ],
  ['C7→C8: the mark compares', 'refused', { op: 'swapIf', word: 'WISH', how: 'blind' }],
])('it is missed: %s', (_, how, weakening) => {
  expect(findsWithout(weakening, () => endedWish(how))).toBe('deadlock');
});
