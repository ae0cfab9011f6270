/** Runs Node with a limit, and leaves nothing behind: nothing that was started by what it started. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Run {
  /** `hung`: it was stopped by the limit. */
  readonly ending: 'passed' | 'failed' | 'hung';
  readonly ms: number;
  /** What was written to stdout and stderr. */
  readonly said: string;
}

const running = new Set<ChildProcess>();
// A signal that ends this process does not reach other groups.
process.on('exit', () => running.forEach(endGroup));

/** Resolves when all that was started, and writes where the first of it writes, has ended. */
export async function runNode(folder: string, args: readonly string[], ms: number): Promise<Run> {
  const began = performance.now();
  // Tests start processes of their own. Killing Jest alone leaves those behind, on the cores that
  // the next fault is tried on; the leader of a group is killed with all of them.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    endGroup(child);
  }, ms);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    const ending = hung ? 'hung' : code === 0 ? 'passed' : 'failed';
    return { ending, ms: performance.now() - began, said };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended by itself.
  }
}
