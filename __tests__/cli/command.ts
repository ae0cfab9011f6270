/** Runs the built command `softdlb` as a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

export const MAIN = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));
/** Far longer than anything here takes. */
const PATIENCE_MS = 50_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcessWithoutNullStreams; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env },
    timeout: PATIENCE_MS,
  });
  const all = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  const ended = all.then(([[code], stdout, stderr]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, ended };
}

/** To its end, with this input. */
export function softdlb(args: readonly string[], input = ''): Promise<Ended> {
  const { child, ended } = start(args);
  child.stdin.on('error', () => {}).end(input);
  return ended;
}

/** What it prints when all is well. */
export async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await softdlb(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

export async function printedJson(...args: string[]): Promise<unknown> {
  return JSON.parse(await printed('--json', ...args)) as unknown;
}
