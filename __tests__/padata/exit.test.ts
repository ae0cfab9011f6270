/** Processes of their own: they must end by themselves, with nothing left that holds them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const LIMIT = { timeout: 30_000 };
const SCRIPT = fileURLToPath(new URL('./exit-script.js', import.meta.url));

test.each(['close', 'await using', 'bad module', 'crash', 'five times'])(
  'a process ends by itself: %s',
  async (way) => {
    // A hold would be seen as a time-out, which kills.
    const { stdout, stderr } = await run(process.execPath, [SCRIPT, way], LIMIT);
    expect({ stdout, stderr }).toEqual({ stdout: 'done, threads left: 0\n', stderr: '' });
  },
);

test.each([
  ['idle', 'open: 100'],
  ['at work', 'delivered: 101'],
  ['closing', 'closed'],
])('a process does not wait for a pool with unref that is idle: %s', async (way, last) => {
  const { stdout, stderr } = await run(process.execPath, [SCRIPT, `${way}, unref`], LIMIT);
  expect({ lines: stdout.trim().split('\n'), stderr }).toEqual({
    lines: [expect.stringMatching(/^done/), last],
    stderr: '',
  });
});
