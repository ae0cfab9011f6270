/** Ctrl-C and its kin. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inDirectory, sample, SECRETS, start } from './cli.js';

const LOOK_EVERY_MS = 10;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(LOOK_EVERY_MS);
}

test.each<[NodeJS.Signals, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('%s in the middle of a file leaves no trace of it', async (signal, code) => {
  await inDirectory(async (path) => {
    writeFileSync(path('old'), 'old content');
    const { child, ended } = start('--input', '-', '--output', path('old'), ...SECRETS);
    // The input goes on for ever; the work has begun when something of it has been taken.
    child.stdin!.write(sample(1_000_000));
    await until(() => readdirSync(path('.')).length === 2 && child.stdin!.writableLength === 0);
    child.kill(signal);
    expect(await ended).toMatchObject({
      code,
      signal: null,
      stderr: `padata-crypto: stopped by ${signal}\n`,
    });
    expect(readdirSync(path('.'))).toEqual(['old']);
    expect(readFileSync(path('old'), 'utf8')).toBe('old content');
  });
});

test('SIGINT ends the default runs', async () => {
  const { child, ended } = start();
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toBe('padata-crypto: stopped by SIGINT\n');
});
