/** Every way of waiting for a pipeline, with nothing in flight for it: a break has to reach them all. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '../../../lib/index.js';
import type { Item } from './deeds.js';
import type { Told } from './told.js';

const SILENT: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
};

interface Waiters {
  /** Notes who has not been told `ms` after the break. */
  check(told: Told, ms: number): Promise<void>;
}

export function waitersOf(pipeline: Pipeline<Item>): Waiters {
  const pending = new Map<string, Promise<unknown>>();
  const duplex = pipeline.duplex();
  const { readable } = pipeline.transform();
  pending.set('run', pipeline.run(SILENT).next());
  pending.set('results', pipeline.results().next());
  pending.set('transform', readable.getReader().read());
  pending.set(
    'duplex',
    new Promise((resolve) => duplex.once('error', resolve).once('close', resolve)),
  );
  duplex.resume();
  for (const promise of pending.values()) promise.catch(() => {});
  return { check: (told, ms) => check(pending, told, ms) };
}

async function check(
  pending: ReadonlyMap<string, Promise<unknown>>,
  told: Told,
  ms: number,
): Promise<void> {
  const late = new AbortController();
  const limit = sleep(ms, 'late', { signal: late.signal }).catch(() => 'late');
  for (const [name, promise] of pending) {
    const outcome = await Promise.race([
      promise.then(
        () => 'told',
        () => 'told',
      ),
      limit,
    ]);
    if (outcome === 'late') told.wrong.push(`nobody told ${name} of the break`);
  }
  late.abort();
}
