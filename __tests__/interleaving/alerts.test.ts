/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { fullRing, sleepingReader } from './alerts.js';
import { early, findsWithout, late } from './weakening.js';
import type { Weakening } from './weakening.js';

test('a reader that sleeps is told, and takes every alert once and in order', () => {
  sleepingReader(1).allow('1');
  sleepingReader(2, { reduce: true }).allow('1,2');
});

test('a full ring takes an alert once an old one has been read, and otherwise counts it', () => {
  fullRing().allow('took 1, lost 0', 'took 1, lost 1');
});

test.each<[string, Weakening]>([
  ['K1→K2: the scheduler publishes TAIL', { op: 'publish', word: 'TAIL', how: 'unordered' }],
  ['K1→K2: control observes TAIL', { op: 'observe', word: 'TAIL', how: 'unordered' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => sleepingReader(1))).toBe('race');
});

test.each<[string, Weakening]>([
  ['K3→K4: control publishes HEAD', { op: 'publish', word: 'HEAD', how: 'unordered' }],
  ['K3→K4: the scheduler observes HEAD', { op: 'observe', word: 'HEAD', how: 'unordered' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => fullRing())).toBe('race');
});

test.each<[string, Weakening]>([
  ['K5→K6: the alert before ARMED', late('publish', 'TAIL', 'observe', 'ARMED')],
  ['K5→K6: ARMED before the alert', late('publish', 'ARMED', 'observe', 'TAIL')],
  ['K5→K6: ARMED is seen first', early('ARMED', 'publish', 'TAIL')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => sleepingReader(1))).toBe('deadlock');
});
