/** What a device leaves behind: nothing; what it uses while idle: next to nothing. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/** Runs a program of this folder with the limits that users have; it must exit by itself. */
async function run<T>(program: string, args: string[] = [], flags: string[] = []): Promise<T> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [...flags, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 40_000,
    killSignal: 'SIGKILL',
  });
  const out = text(child.stdout);
  const [code, signal] = await new Promise<unknown[]>((resolve) => {
    child.once('close', (...how) => resolve(how));
  });
  expect({ program, code, signal }).toEqual({ program, code: 0, signal: null });
  return JSON.parse(await out) as T;
}

interface Left {
  readonly threads: number;
  readonly resources: string[];
  readonly external: number;
}

test('ten open and close cycles leave no thread, no handle and no memory', async () => {
  const { first, last } = await run<{ first: Left; last: Left }>(
    'cycles.program.js',
    ['10'],
    ['--expose-gc'],
  );
  expect(last.threads).toBe(first.threads);
  expect(last.resources).toEqual(first.resources);
  // One cycle needs some 10 MB of shared memory.
  expect(last.external - first.external).toBeLessThan(5e6);
});

test('a process whose work is done exits by itself, though its device was not closed', async () => {
  expect(await run('forgotten.program.js')).toEqual({ isReady: true, payload: 7 });
});

test('an idle started device uses under 1 % of a core', async () => {
  const { shares, woken } = await run<{ shares: number[]; woken: boolean }>('idle.program.js');
  expect(Math.min(...shares)).toBeLessThan(0.01);
  expect(woken).toBe(false);
});
