/** Compiles the C program beside this file when it is wanted and DPDK is there. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** tsc leaves C where it is: from dist/bench/peers/dpdk back to the sources. */
const SOURCES = new URL('../../../../bench/peers/dpdk/', import.meta.url);
/** dist: git ignores it and `npm run build` empties it. */
const OUTPUT = new URL('./', import.meta.url);
const HASH_DIGITS = 12;
const FLAGS = ['-O3', '-Wall', '-Wextra', '-DALLOW_EXPERIMENTAL_API'];

export const ADVICE =
  'DPDK is not here, so its rows are left out: apt-get install libdpdk-dev gcc pkg-config';

const run = promisify(execFile);

/** The program's path; undefined when DPDK is not installed. A program that does not compile is an
 *  error: it is ours. */
export async function buildPeer(): Promise<string | undefined> {
  const version = await pkgConfig('--modversion');
  if (version === undefined) return undefined;
  const sources = readdirSync(SOURCES).filter((name) => /\.[ch]$/.test(name));
  const hash = createHash('sha256').update(`${version}${process.arch}`);
  for (const name of sources.toSorted()) hash.update(readFileSync(new URL(name, SOURCES)));
  const name = `peer-${hash.digest('hex').slice(0, HASH_DIGITS)}`;
  const program = fileURLToPath(new URL(name, OUTPUT));
  if (!existsSync(program)) await compile(sources, program);
  return program;
}

/** For the processor that it will run on: pkg-config's own -march is the oldest that DPDK runs on. */
async function compile(sources: readonly string[], program: string): Promise<void> {
  const options = (await pkgConfig('--cflags', '--libs')) ?? '';
  const files = sources.filter((name) => name.endsWith('.c'));
  const unfinished = `${program}.${process.pid}`;
  const output = ['-o', unfinished, ...files];
  const args = [...FLAGS, ...output, ...options.split(/\s+/), '-march=native'];
  await run(process.env['CC'] ?? 'cc', args, { cwd: fileURLToPath(SOURCES) });
  renameSync(unfinished, program);
}

async function pkgConfig(...options: string[]): Promise<string | undefined> {
  try {
    return (await run('pkg-config', [...options, 'libdpdk'])).stdout.trim();
  } catch {
    return undefined;
  }
}
