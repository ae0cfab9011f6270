import { expect, test } from '@jest/globals';
import { runNode } from './run-node.js';

const FOR_EVER = 'setInterval(() => {}, 1000);';

test('a run tells how it ended, and what was written', async () => {
  const program = 'console.log(1); console.error(2); process.exitCode = Number(process.argv[1]);';
  const [well, badly] = await Promise.all(
    ['0', '3'].map((code) => runNode('.', ['-e', program, code], 30_000)),
  );
  expect(well).toMatchObject({ ending: 'passed', said: expect.stringMatching(/^(1\n2|2\n1)\n$/) });
  expect(badly).toMatchObject({ ending: 'failed' });
});

test('what hangs is stopped with the processes that it started', async () => {
  // The second one holds the output open: as long as it lives, the run has not ended.
  const started = `console.log(process.pid); ${FOR_EVER}`;
  const program = `
    const stdio = ['ignore', 'inherit', 'inherit'];
    child_process.spawn(process.execPath, ['-e', ${JSON.stringify(started)}], { stdio });
    ${FOR_EVER}`;
  const run = await runNode('.', ['-e', program], 2000);
  expect(run).toMatchObject({ ending: 'hung', said: expect.stringMatching(/^\d+\n$/) });
});
