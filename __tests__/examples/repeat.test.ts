/** `npm start -- --control --repeat`, and the command that looks at it. */
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { printedJson, softdlb } from '../cli/command.js';
import { ownRuntimeFolder } from '../control/runtime-folder.js';
import { run, start } from './cli.js';

ownRuntimeFolder();

test('top shows it moving; Ctrl-C ends it with a summary', async () => {
  const { child, ended } = start('--control', '--repeat', '--workers', '1');
  await once(child.stdout!, 'data');
  // It may not have opened its pool when it says what it will do.
  while ((await softdlb(['devices'])).code !== 0) {
    // Each try takes its time.
  }
  const shown = (await printedJson('top', '--count', '1', '--interval', '500')) as {
    device: string;
    domains: [{ inPerSecond: number; queues: [{ name: string; outPerSecond: number }] }];
  };
  expect(shown.device).toBe('packets');
  expect(shown.domains[0].inPerSecond).toBeGreaterThan(0);
  expect(shown.domains[0].queues[0]).toMatchObject({ name: 'jobs' });
  expect(shown.domains[0].queues[0].outPerSecond).toBeGreaterThan(0);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toString()).toMatch(
    /"npx softdlb top"[^\n]*\n\d+ packets in [\d.]+ s, \d+ a second, all correct\n$/,
  );
});

test('--repeat goes with packets', async () => {
  const { code, stderr } = await run([
    '--repeat',
    '--input',
    '-',
    '--output',
    '-',
    '--key',
    'x',
    '--iv',
    'x',
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('--repeat goes with packets');
});
