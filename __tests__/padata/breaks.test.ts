/** A pool whose domain ends under it: whoever waits is told at once why, and the process lives. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./breaks-script.js', import.meta.url));

const WAITERS = [
  'run, slow source',
  'run, serial pending',
  'submit, in hand',
  'submit, waiting',
  'stream, closing',
  'serial on a worker',
  'range',
  'stop',
];

test.each([
  ['stopped', 'ERR_DLB_DOMAIN_NOT_STARTED'],
  ['closed', 'ERR_DLB_DOMAIN_CLOSED'],
  ['scheduler died', 'ERR_DLB_SCHEDULER_FAILED'],
])('S5, S6: every waiter of a pool whose domain was %s', async (end, code) => {
  const { stdout, stderr } = await run(process.execPath, [SCRIPT, end], { timeout: 30_000 });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    ...Object.fromEntries(WAITERS.map((waiter) => [waiter, code])),
    close: 'resolved',
    'submit, later': code,
    'pool.close': 'resolved',
  });
});

test.each(['stopped', 'closed', 'scheduler died'])(
  'S6: a pool that closes while its domain is %s closes, and ends no process',
  async (end) => {
    const { stdout, stderr } = await run(process.execPath, [SCRIPT, end, 'closing'], {
      timeout: 30_000,
    });
    expect(stderr).toBe('');
    const settled = JSON.parse(stdout) as Record<string, string>;
    expect(settled).toMatchObject({ 'pool.close': 'resolved', close: 'resolved' });
    expect(Object.values(settled)).not.toContain('pending');
  },
);
