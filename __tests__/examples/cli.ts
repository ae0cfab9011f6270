/** Runs the built commands as processes of their own. */
import { spawn, spawnSync } from 'node:child_process';
import type {
  ChildProcess,
  ChildProcessWithoutNullStreams,
  StdioOptions,
} from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const EXAMPLES = new URL('../../examples/', import.meta.url);
const MAIN = mainOf('padata-crypto');
/** Far longer than anything here takes. */
const PATIENCE_MS = 50_000;

export const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
/** The counter wraps after a few blocks. */
export const IV = 'fffffffffffffffffffffffffffffffa';
export const SECRETS = ['--key', KEY, '--iv', IV];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function mainOf(example: string): string {
  return fileURLToPath(new URL(`${example}/main.js`, EXAMPLES));
}

/** Starts the command; its stdin is a pipe. */
export function start(...args: string[]): Running {
  return startExample('padata-crypto', args);
}

/** @param scratch where it may put what is temporary. */
export function startExample(
  example: string,
  args: readonly string[],
  scratch: string = tmpdir(),
): Running {
  const env = { ...process.env, TMPDIR: scratch };
  const options = { env, timeout: PATIENCE_MS };
  return watch(spawn(process.execPath, [mainOf(example), ...args], options));
}

/** A module of one's own in the command's place; `command` is the folder of what commands share. */
export function script(source: string): Promise<Ended> {
  const folder = JSON.stringify(new URL('command/', EXAMPLES));
  const module = `const command = ${folder};\n${source}`;
  const args = ['--input-type=module', '--eval', module];
  return watch(spawn(process.execPath, args, { timeout: PATIENCE_MS })).ended;
}

function watch(child: ChildProcessWithoutNullStreams): Running {
  // Who reads no input closes the pipe.
  child.stdin.on('error', () => {});
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout: stdout(), stderr: stderr().toString() }),
    );
  });
  return { child, ended };
}

/** What has come so far, also when the stream was destroyed. */
function collect(stream: Readable): () => Buffer {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

/** Runs the command to its end with this input. */
export function run(args: readonly string[], input: Uint8Array = new Uint8Array()): Promise<Ended> {
  return runExample('padata-crypto', args, input);
}

export function runExample(
  example: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
  scratch?: string,
): Promise<Ended> {
  const { child, ended } = startExample(example, args, scratch);
  child.stdin!.end(input);
  return ended;
}

/** Runs the command with these files, or 'ignore', as standard input and output. */
export async function runOn(
  [stdin, stdout]: readonly [number | 'ignore', number],
  args: readonly string[],
): Promise<Pick<Ended, 'code' | 'stderr'>> {
  const stdio = [stdin, stdout, 'pipe'] satisfies StdioOptions;
  const child = spawn(process.execPath, [MAIN, ...args], { stdio, timeout: PATIENCE_MS });
  const stderr = collect(child.stderr!);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr: stderr().toString() };
}

/** Gives a fresh directory to `use` and removes it. */
export async function inDirectory<T>(
  use: (path: (name: string) => string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'softdlb-'));
  try {
    return await use((name) => join(directory, name));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What `openssl enc` makes of the data; where there is no openssl, what node:crypto does. */
export function expected(data: Uint8Array): Buffer {
  const args = ['enc', '-aes-256-ctr', '-K', KEY, '-iv', IV];
  const { error, status, stdout } = spawnSync('openssl', args, {
    input: data,
    maxBuffer: data.length + 1,
  });
  if (error === undefined && status === 0) return stdout;
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(KEY, 'hex'), Buffer.from(IV, 'hex'));
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** Bytes without a pattern, the same each time. */
export function sample(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x2545_f491;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
