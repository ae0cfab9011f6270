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
  async 'idle, unref'() {
    const pool = await createPadata({ ...OPTIONS, unref: true, timeoutMs: 60_000 });
    await pool.run(numbered(100), () => {});
    process.once('exit', () => console.log(`open: ${pool.stats().completed}`));
  },
  async 'at work, unref'() {
    const pool = await createPadata({ ...OPTIONS, unref: true });
    let delivered = 0;
    void pool.run(numbered(100), () => void delivered++);
    void pool
      .stream()
      .submit(Uint8Array.of(1))
      .then((result) => (delivered += result.length));
    process.once('exit', () => console.log(`delivered: ${delivered}`));
  },
  async 'closing, unref'() {
    const pool = await createPadata({ ...OPTIONS, unref: true });
    void pool.close().then(() => console.log('closed'));
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
