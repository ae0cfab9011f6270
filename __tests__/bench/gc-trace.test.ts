import { expect, test } from '@jest/globals';
import { readTrace } from '../../bench/gc-trace.js';

const mark = (name: string, heapUsed: number, problems: string[] = []): string =>
  JSON.stringify({ mark: name, heapUsed, problems });
const scavenge = (before: string, after: string): string =>
  `[1:0x2a]   43 ms: Scavenge ${before} (4.5) -> ${after} (5.5) MB, 0.74 / 0.01 ms  (average mu = 1.000)`;
const MB = 1024 * 1024;

test('collections are counted before and after the mark, allocations after it', () => {
  const output = [
    scavenge('4.0', '3.0'),
    '[1:0x2a]   50 ms: Mark-Compact (reduce) 5.0 (6.0) -> 4.0 (5.5) MB, 1.00 / 0.00 ms',
    mark('steady', 5 * MB),
    scavenge('7.0', '6.0'),
    scavenge('8.0', '6.5'),
    mark('finished', 7 * MB),
    scavenge('9.0', '1.0'),
  ].join('\n');
  expect(readTrace(output)).toEqual({
    collectionsBefore: 2,
    collections: 2,
    bytes: (2 + 2 + 0.5) * MB,
    problems: [],
  });
});

test('without collections the heap tells what was allocated', () => {
  const output = [mark('steady', 100), mark('finished', 160)].join('\n');
  expect(readTrace(output)).toMatchObject({ collections: 0, bytes: 60, problems: [] });
});

test.each([
  ['a child that ended early', mark('steady', 1), 'the child ended early'],
  ['a failed check', `${mark('steady', 1)}\n${mark('finished', 2, ['received=1'])}`, 'received=1'],
])('%s is a problem', (_what, output, problem) => {
  expect(readTrace(output).problems).toEqual([problem]);
});
