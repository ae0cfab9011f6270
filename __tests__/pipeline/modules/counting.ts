/** Handlers that keep state in their worker: how often they saw a key. */
import { threadId } from 'node:worker_threads';
import { keyOf } from '../keyed.js';
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

export { keyOf } from '../keyed.js';

export interface Counted {
  readonly item: number;
  readonly worker: number;
  /** Items of its key in this worker, this one included. */
  readonly seen: number;
}

const counts = new Map<number, number>();

export function count(item: number, { worker }: StageContext): Counted {
  const seen = (counts.get(keyOf(item)) ?? 0) + 1;
  counts.set(keyOf(item), seen);
  return { item, worker, seen };
}

let killer: number | undefined;

export function setup({ context }: SetupContext<number | undefined>): void {
  killer = context;
}

/** As `count`, but an item ends its thread. */
export function countUntil(item: number, context: StageContext): Counted {
  if (item === killer && context.attempt === 0) process.exit(1);
  return count(item, context);
}

export function thread(item: number): { item: number; thread: number } {
  return { item, thread: threadId };
}
