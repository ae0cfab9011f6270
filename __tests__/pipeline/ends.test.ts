/** Processes of their own: they end by themselves when they are through, and not before. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('./ends.program.js', import.meta.url));
/** A hold would be seen as a time-out, which kills. */
const OPTIONS = { timeout: 40_000 };

test.each([
  ['close', 'close', 'await using', 'bad module', 'left open', 'large items'],
  ['crash'],
  ['stuck call'],
  ['many listeners'],
  ['pending run', 'closed, unref'],
])('a process ends by itself, and leaves no thread and no warning: %s', async (...ways) => {
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, ...ways], OPTIONS);
  const done = ways.map(() => 'done, threads left: 0\n').join('');
  expect({ stdout, stderr }).toEqual({ stdout: done, stderr: '' });
});

test('a process with an open pipeline ends with what it throws', async () => {
  const failed = run(process.execPath, [PROGRAM, 'throws'], OPTIONS);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('unhandled, on purpose'),
  });
});

test('U6: a process does not wait for an open pipeline with unref, but for what it has in hand', async () => {
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, 'open, unref'], OPTIONS);
  expect(stdout).toContain('results: 0 1 2');
  expect(stderr).toBe('');
});

test('U6: a process with unref ends when dead letters are stored, and when that fails', async () => {
  const ways = ['stored, unref', 'broken, unref'];
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, ...ways], OPTIONS);
  expect(stdout).toContain('in flight: 0, and then: 1\n');
  expect(stdout).toContain('not stored\n');
  expect(stderr).toBe('');
});
