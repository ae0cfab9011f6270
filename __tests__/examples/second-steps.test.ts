import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const root = new URL('../../../', import.meta.url);

test('the second example prints what the last sale made of its shop, and ends by itself', () => {
  const script = new URL('dist/examples/02-pipeline.js', root).pathname;
  // Each third of 0..999 cents, and a tenth.
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe(
    'Oslo has sold for 1835.16\n',
  );
});
