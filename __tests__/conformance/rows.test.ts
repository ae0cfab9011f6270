/** No row of upstream's tests is missing without a word, and no row of the feature table a test. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { upTo } from '../contracts/harness.js';

// This file runs from dist/__tests__/conformance.
const TOP = new URL('../../../', import.meta.url);
const HERE = new URL('__tests__/conformance/', TOP);
const readme = readFileSync(new URL('lib/eventdev/README.md', TOP), 'utf8');
const sources = readdirSync(HERE)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(new URL(name, HERE), 'utf8'))
  .join('\n');

/** What upstream runs, in its order; opdl's have no numbers. */
const ROWS = [
  ...upTo(26, 1).map((number) => `sw ${number}`),
  'sw 28a',
  'sw 28b',
  ...upTo(8, 1).map((number) => `dlb2 ${number}`),
  ...upTo(30, 1).map((number) => `eventdev ${number}`),
  'opdl ordered_basic',
  'opdl atomic_basic',
  'opdl qid_basic',
  'opdl single_link',
  'opdl single_link_w_stats',
];

const TITLE = /'((?:sw|dlb2|eventdev) \d+[ab]?|opdl \w+): /g;
const ROW = /^\| ((?:sw|dlb2|eventdev) \d+[ab]?|opdl \w+): /gm;
/** The README's table of rows that are no test. */
const noTests = readme.slice(readme.indexOf('| row |'), readme.indexOf('| restated |'));

test('every row of the tests of upstream is a test here, or the README says why it is none', () => {
  const titles = new Set([...sources.matchAll(TITLE)].map((match) => match[1]!));
  const others = [...noTests.matchAll(ROW)].map((match) => match[1]!);
  expect(others.filter((row) => titles.has(row))).toEqual([]);
  expect([...titles, ...others].toSorted()).toEqual(ROWS.toSorted());
});

test('every row of the feature table has all columns and links the test that shows it', () => {
  const [, features = ''] = readme.split(/^## .*$/m);
  const rows = features
    .split('\n')
    .filter((line) => /^\| [^-]/.test(line) && !line.startsWith('| feature '));
  expect(rows.length).toBeGreaterThan(100);
  const tests = [...readme.matchAll(/^\[(\w+)\]: \.\.\/\.\.\/__tests__\/\S+\.test\.ts$/gm)];
  const names = new Set(tests.map((match) => match[1]!));
  const linked = (row: string): string[] =>
    [...row.split(' | ')[1]!.matchAll(/\]\[(\w+)\]/g)].map(([, to]) => to!);
  expect(rows.filter((row) => linked(row).length === 0)).toEqual([]);
  expect(rows.flatMap(linked).filter((name) => !names.has(name))).toEqual([]);
  expect(rows.filter((row) => row.split(' | ').length !== 6)).toEqual([]);
});
