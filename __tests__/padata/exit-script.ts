/** The processes of exit.test.ts. */
import { readdirSync } from 'node:fs';
import { createPadata } from '../../lib/padata/index.js';
import type { Fragile } from './modules/fragile.js';
import { moduleUrl, numbered } from './pools.js';

const OPTIONS = { module: moduleUrl('invert'), bytes: 64, workers: 2, onCrash: () => {} };

async function runAndClose(): Promise<void> {
  const pool = await createPadata(OPTIONS);
  await pool.run(numbered(100), () => {});
  await pool.close();
}

const WAYS: Record<string, () => Promise<void>> = {
  close: runAndClose,
  async 'await using'() {
    await using pool = await createPadata(OPTIONS);
    await pool.run(numbered(100), () => {});
  },
  async 'bad module'() {
    await createPadata({ ...OPTIONS, module: moduleUrl('no-function') }).catch(() => {});
  },
  async crash() {
    const context: Fragile = { how: 'exit', killers: [50], deaths: 1 };
    const pool = await createPadata({ ...OPTIONS, module: moduleUrl('fragile'), context });
    await pool.run(numbered(100), () => {});
    await pool.close();
  },
  async 'five times'() {
    for (let i = 0; i < 5; i++) await runAndClose();
  },
};

/** Threads of this process; 0 where the system does not tell. */
function threads(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
}

const before = threads();
await WAYS[process.argv[2]!]!();
console.log(`done, threads left: ${threads() - before}`);
