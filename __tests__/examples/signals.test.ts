/** Ctrl-C and its kin. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inDirectory, sample, script, SECRETS, start } from './cli.js';

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

test('--json tells on stderr how far the default runs have come', async () => {
  const { child, ended } = start('--json');
  await new Promise((resolve) => child.stderr!.once('data', resolve));
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(
    /^(packets: 24 rounds: \d+ %, \d+ done\n)+padata-crypto: stopped by SIGINT\n$/,
  );
});

test('an end between the rename and the note of it finds nothing to remove', async () => {
  await inDirectory(async (path) => {
    const place = JSON.stringify(path('out'));
    const { code, stderr } = await script(`
      import { readdirSync, renameSync } from 'node:fs';
      const { openOutput } = await import(new URL('output.js', command));
      await openOutput(${place}, undefined);
      const [temporary] = readdirSync(${JSON.stringify(path('.'))});
      renameSync(${JSON.stringify(path(''))} + '/' + temporary, ${place});
      process.exit(0);
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(path('.'))).toEqual(['out']);
  });
});

test('the signal that ends the process is told once, however often it comes', async () => {
  const { code, signal, stderr } = await script(`
    const { onInterrupt } = await import(new URL('signals.js', command));
    const { nameProgram, tellEnd } = await import(new URL('failure.js', command));
    nameProgram('padata-crypto');
    const { signal } = onInterrupt();
    signal.addEventListener('abort', () => {
      tellEnd(signal.reason.message);
      process.kill(process.pid, 'SIGINT');
    });
    process.kill(process.pid, 'SIGINT');
    setTimeout(() => {}, 60_000);
  `);
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' });
  expect(stderr).toBe('padata-crypto: stopped by SIGINT\n');
});
