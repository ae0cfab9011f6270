/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { handedOn, hintsOf, oneBuffer, reserve } from './mempool.js';
import { early, findsWithout, late } from './weakening.js';
import type { Weakening } from './weakening.js';

const reduce = true;
/** Steps enough for two ports that both take a buffer; who has to look again takes more. */
const BOTH_SUCCEED = { cut: true, steps: 12, until: /taken 2/ };

test('a buffer has one user at a time, and comes back with its hint', () => {
  oneBuffer({ reduce }).allow('used used', 'used none', 'none used');
});

test('who gets a handle can free the buffer', () => {
  handedOn().allow('freed', 'too early');
});

test('a buffer that is free has its hint', () => {
  const outcomes = ['true, second true', 'true, second false', 'false, second true'];
  hintsOf().allow(...outcomes.map((outcome) => `first ${outcome}`));
});

test('the reserve stays, whoever claims', () => {
  reserve(BOTH_SUCCEED).never('taken 2');
});

test('it is missed: M1→N1: the swaps of the owner word', () => {
  const weakening: Weakening = { op: 'swapIf', word: 'owner', how: 'unordered' };
  expect(findsWithout(weakening, () => oneBuffer({ reduce }))).toBe('race');
});

test('it is missed: M2→N2: the owner word before the handle', () => {
  const weakening = late('swapIf', 'owner', 'publish', 'CQ_TAIL');
  expect(findsWithout(weakening, () => handedOn().never('refused'))).toBe('outcome');
});

test.each<[string, Weakening]>([
  ['M3→N3: free before the hint', { ...late('swapIf', 'owner', 'setBits', 'bitmap'), nth: 2 }],
  ['M3→N3: the hint before the look', early('owner', 'clearBits', 'bitmap')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => hintsOf({ reduce }).never('free without a hint'))).toBe(
    'outcome',
  );
});

test.each<[string, Weakening]>([
  ['M4→N4: the hint is cleared', { op: 'clearBits', word: 'bitmap', how: 'dropped' }],
  ['M4→N4: the bitmap is observed', { op: 'observe', word: 'bitmap', how: 'dropped' }],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => reserve(BOTH_SUCCEED).never('taken 2'))).toBe('outcome');
});
