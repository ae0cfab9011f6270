/** Reduction leaves out schedules, never outcomes: on programs made at random. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as explorer from '../../lib/explore/index.js';
import type { ExploreError, Scenario } from '../../lib/explore/index.js';

const WORDS = 2;
const OPS = [
  'load',
  'store',
  'add',
  'exchange',
  'swapIf',
  'wait',
  'notify',
  'peek',
  'poke',
] as const;

interface Op {
  readonly op: (typeof OPS)[number];
  readonly at: number;
  readonly value: number;
}

/** Does one operation; what it returned counts as its outcome. */
const PERFORM: Record<(typeof OPS)[number], (words: Int32Array, op: Op) => unknown> = {
  load: (words, { at }) => explorer.load(words, at),
  store: (words, { at, value }) => explorer.store(words, at, value),
  add: (words, { at, value }) => explorer.add(words, at, value),
  exchange: (words, { at, value }) => explorer.exchange(words, at, value),
  swapIf: (words, { at, value }) => explorer.compareExchange(words, at, value, value + 1),
  wait: (words, { at, value }) => explorer.wait(words, at, value),
  notify: (words, { at, value }) => explorer.notify(words, at, value + 1),
  peek: (words, { at }) => words[at],
  poke: (words, { at, value }) => (words[at] = value),
};

function scenarioOf(programs: readonly (readonly Op[])[]): Scenario<Int32Array> {
  const threads = programs.map((ops, i) => [
    `thread${i}`,
    (words: Int32Array) => ops.map((op) => PERFORM[op.op](words, op)).join(),
  ]);
  return {
    memory: () => explorer.shared(WORDS, { hint: () => 'any' }),
    threads: Object.fromEntries(threads) as Scenario<Int32Array>['threads'],
    final: (words, results) => JSON.stringify([results, words[0], words[1]]),
  };
}

/** All outcomes, or that there is a deadlock. */
function outcomesOf(programs: readonly (readonly Op[])[], reduce: boolean): string[] {
  try {
    return [...explorer.explore(scenarioOf(programs), { reduce }).outcomes.keys()].toSorted();
  } catch (error) {
    return [(error as ExploreError).finding];
  }
}

const op = fc.record({
  op: fc.constantFrom(...OPS),
  at: fc.nat(WORDS - 1),
  value: fc.nat(2),
});
const program = fc.array(op, { minLength: 1, maxLength: 4 });

test('of two threads', () => {
  const programs = fc.tuple(program, program);
  fc.assert(
    fc.property(programs, (two) => {
      expect(outcomesOf(two, true)).toEqual(outcomesOf(two, false));
    }),
    { numRuns: 300 },
  );
});

test('of three threads', () => {
  const short = fc.array(op, { minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(fc.tuple(short, short, short), (three) => {
      expect(outcomesOf(three, true)).toEqual(outcomesOf(three, false));
    }),
    { numRuns: 300 },
  );
});
