/** The example of two tenants runs as it is. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('04-tenants: each has its share, and what the dead one had comes back', async () => {
  const script = new URL('../../../dist/examples/04-tenants.js', import.meta.url).pathname;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script]);
  expect({ stderr, lines: stdout.trimEnd().split('\n') }).toEqual({
    stderr: '',
    lines: [
      ...['careful', 'careless'].flatMap((name) => [
        `${name}: 32 events of domain 0, queue 0`,
        `${name}: a second domain: ERR_DLB_DOMAIN_UNAVAILABLE`,
      ]),
      'careless died: with everything open',
      'all credits are back: true',
    ],
  });
});
