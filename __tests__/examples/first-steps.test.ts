import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const root = new URL('../../../', import.meta.url);

test('the first example prints the last of the results in order, and ends by itself', () => {
  const script = new URL('dist/examples/01-first-steps.js', root).pathname;
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe('4096\n');
});

test('the README of ports shows the first example as it is, but for the import', () => {
  const source = readFileSync(new URL('examples/01-first-steps.ts', root), 'utf8');
  const shown = source.replace("'../lib/index.js'", "'softdlb'");
  expect(readFileSync(new URL('lib/port/README.md', root), 'utf8')).toContain(shown);
});
