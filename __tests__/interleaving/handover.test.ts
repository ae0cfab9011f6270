/**
 * @jest-environment-options {"customExportConditions": ["softdlb-explore", "node", "node-addons"]}
 */
import { expect, test } from '@jest/globals';
import { leaving, newLease, nextOwner, reclaimed } from './handover.js';
import { early, findsWithout, late } from './weakening.js';
import type { Weakening } from './weakening.js';
import { yielding } from './yielding.js';

const reduce = true;

test('the owner of a new lease takes only what was delivered under it', () => {
  newLease({ reduce }).allow('took ', 'took 2');
});

test('what a port completes before it detaches is completed, and the rest comes again', () => {
  leaving({ reduce }).allow('completed 1, inside 1');
});

test('who attaches next gets what the one before held, whole, or nothing yet', () => {
  const outcomes = ['second refused, inside 2', 'second , inside 2', 'second 1,2, inside 2'];
  nextOwner(1, { reduce }).allow(...outcomes);
});

test('a reclaimed port is told for each of its calls what became of it', () => {
  const outcomes = ['released 0, sent 0', 'released 1, sent 0', 'released 1, sent 1'];
  reclaimed({ reduce }).allow(...outcomes);
});

test('what a port gives back it has not taken', () => {
  yielding({ reduce }).allow('taken 1, held 1');
});

test.each<[string, Weakening]>([
  ['G2→G1: CQ_START first', late('publish', 'CQ_START', 'publish', 'ACK_GENERATION')],
  ['G2→G1: the lease first', late('publish', 'LEASE', 'publish', 'ACK_GENERATION')],
  ['G2→G1: the generation is seen first', early('CQ_START', 'observe', 'ACK_GENERATION')],
])('it is missed: %s', (_, weakening) => {
  const until = /1|disabled/;
  const run = (): unknown => newLease({ reduce, until }).never(until);
  expect(findsWithout(weakening, run)).toBe('outcome');
});

test.each<[string, Weakening]>([
  ['O1→O2: the entries first', late('swapIf', 'port0.PP_TAIL', 'publish', 'DETACHED')],
  ['O1→O2: DETACHED is seen first', early('port0.PP_TAIL', 'swap', 'header.DOORBELL')],
])('it is missed: %s', (_, weakening) => {
  const until = /inside 2/;
  const run = (): unknown => leaving({ reduce, until }).never(until);
  expect(findsWithout(weakening, run)).toBe('outcome');
});

test.each<[string, Weakening]>([
  ['E1→E2: DETACHED first', late('publish', 'port0.DETACHED', 'addTo', 'port0.NEWS')],
  ['E1→E2: NEWS are heard first', early('port0.DETACHED', 'observe', 'port0.NEWS')],
])('it is missed: %s', (_, weakening) => {
  expect(findsWithout(weakening, () => leaving({ reduce }).allow('completed 1, inside 1'))).toBe(
    'deadlock',
  );
});

test.each<[string, Weakening]>([
  ['Y1→Y2: the head first', late('publish', 'port0.CQ_HEAD', 'publish', 'YIELD')],
  ['Y1→Y2: YIELD is seen first', early('port0.CQ_HEAD', 'swap', 'header.DOORBELL')],
  ['Y3→Y4: the tail first', late('publish', 'port0.CQ_TAIL', 'publish', 'YIELD_ACK')],
  ['Y3→Y4: the answer is seen first', early('port0.CQ_TAIL', 'observe', 'YIELD_ACK')],
])('it is missed: %s', (_, weakening) => {
  const until = /^(?!taken 1, held 1)/;
  const run = (): unknown => yielding({ reduce, until }).never(until);
  expect(findsWithout(weakening, run)).toBe('outcome');
});
