/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { stopped } from './stop.js';
import { findsWithout } from './weakening.js';

const reduce = true;

test('a stop flushes what was accepted, once, and all credits come back', () => {
  stopped(1, { reduce }).allow('sent 0', 'sent 1');
  stopped(2, { reduce }).allow('sent 0', 'sent 1', 'sent 2');
});

test('it is missed: F1→F2: a port whose swap does not compare', () => {
  const weakening = { op: 'swapIf', word: 'PP_TAIL', how: 'blind' } as const;
  const run = (): unknown => stopped(1, { reduce }).never(/flushed/);
  expect(findsWithout(weakening, run)).toBe('outcome');
});
