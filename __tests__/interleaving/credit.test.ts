/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { creditRound, wish, wishAgainstAttach } from './credit.js';
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
  ['C3→C4: the wish before the ring', late('publish', 'WISH', 'observe', 'header.SLEEPING')],
  ['C3→C4: the doorbell before the wish', early('WISH', 'swap', 'header.DOORBELL')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => wish({ reduce: true }))).toBe('deadlock');
});
