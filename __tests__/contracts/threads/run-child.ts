/**
 * Runs a program of this folder in a process of its own.
 *
 * Parks have no time limit there, in no thread: a lost wake-up hangs and is seen; unless the program
 * is about what that limit is for. The process has to exit by itself.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Longer than any program takes; a hang ends here, with what the program said so far. */
const HANG_MS = 50_000;

/** What a program, of this folder or given by its URL, reports as its last line of output. */
export async function runChild<T>(
  program: string,
  args: readonly (string | number)[] = [],
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = { SOFTDLB_PARK_LIMIT_MS: 'Infinity' },
): Promise<T> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [...flags, file, ...args.map(String)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let said = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('close', (...how) => resolve(how));
  });
  clearTimeout(timer);
  if (code !== 0) {
    const how = signal === null ? `exit code ${code}` : `${signal} after ${HANG_MS} ms: a hang`;
    throw new Error(`${program}: ${how}\n${out}\n${said}`);
  }
  return JSON.parse(out.trim().split('\n').at(-1)!) as T;
}
