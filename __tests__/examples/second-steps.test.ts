import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const root = new URL('../../../', import.meta.url);

test('the second example prints what the last sale made of its shop, and ends by itself', () => {
  const script = new URL('dist/examples/02-pipeline.js', root).pathname;
  // Each third of 0..999 cents.
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe(
    'Oslo has sold for 1668.33\n',
  );
});

test('the README shows the second example as it is, but for the import', () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  for (const name of ['02-pipeline.ts', '02-pipeline/sales.ts']) {
    const source = readFileSync(new URL(`examples/${name}`, root), 'utf8');
    expect(readme).toContain(source.replace("'../lib/index.js'", "'softdlb'"));
  }
});
