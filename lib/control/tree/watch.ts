/** Looking again and again: what is new, different or gone since the look before. */
import { TIMER_MS_MAX } from '../../eventdev/times.js';
import * as field from '../fields.js';
import type { TreeChange, TreeValue, TreeWatchOptions } from './value.js';

const INTERVAL_DEFAULT_MS = 1000;
/** A look reads much memory; who needs more looks reads single nodes. */
const INTERVAL_MIN_MS = 10;
/** A large domain has tens of thousands of leaves: looking takes at most a tenth of the thread. */
const PAUSE_PER_LOOK = 9;

interface Watched {
  has(path: string): boolean;
  values(path: string): Map<string, TreeValue>;
}

/** Checks at once; looks when asked for. */
export function watchTree(
  tree: Watched,
  path: string,
  isOver: () => boolean,
  options: TreeWatchOptions,
): AsyncGenerator<TreeChange[], void, undefined> {
  const intervalMs = field.wholeNumber(options.intervalMs, 'intervalMs', {
    min: INTERVAL_MIN_MS,
    max: TIMER_MS_MAX,
    fallback: INTERVAL_DEFAULT_MS,
    code: 'ERR_DLB_INVALID_ARGUMENT',
  });
  return looks(tree, path, isOver, { ...options, intervalMs });
}

async function* looks(
  tree: Watched,
  path: string,
  isOver: () => boolean,
  { intervalMs, signal, keepAlive = true }: TreeWatchOptions & { intervalMs: number },
): AsyncGenerator<TreeChange[], void, undefined> {
  let before = new Map<string, string>();
  while (signal?.aborted !== true && !isOver()) {
    const startedAt = performance.now();
    const values = tree.has(path) ? tree.values(path) : new Map<string, TreeValue>();
    const now = new Map<string, string>();
    const changes: TreeChange[] = [];
    for (const [at, value] of values) {
      const shown = JSON.stringify(value);
      now.set(at, shown);
      if (before.get(at) !== shown) changes.push({ path: at, value });
    }
    for (const at of before.keys()) if (!now.has(at)) changes.push({ path: at, gone: true });
    before = now;
    const tookMs = performance.now() - startedAt;
    if (changes.length > 0) yield changes;
    await pause(Math.max(intervalMs, tookMs * PAUSE_PER_LOOK), keepAlive, signal);
  }
}

function pause(ms: number, keepAlive: boolean, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (!keepAlive) timer.unref();
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}
