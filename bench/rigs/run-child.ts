/** A process of its own for what other scenarios would disturb. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A trace of garbage collections is long when something is wrong. */
const OUTPUT_MAX = 64 * 1024 * 1024;
/** Ten times what any of them needs. */
const TIME_MAX_MS = 120_000;

/** Runs bench/children/`entry`; resolves to what it printed. */
export async function runChild(
  entry: string,
  args: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<string> {
  const file = fileURLToPath(new URL(`../children/${entry}`, import.meta.url));
  const options = { maxBuffer: OUTPUT_MAX, timeout: TIME_MAX_MS };
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...nodeFlags, file, ...args], options);
  return stdout;
}
