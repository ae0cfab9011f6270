/** Handlers that tell whether their items travel together, and what becomes of those that do. */
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

/** Word 0: how many blocking calls may go on. */
let words: Int32Array;

export function setup({ context }: SetupContext<SharedArrayBuffer | undefined>): void {
  if (context !== undefined) words = new Int32Array(context);
}

/** Items below 0 wait, each for a permit of its own. */
export function block(item: number): number {
  const needed = -item;
  for (let have = Atomics.load(words, 0); have < needed; have = Atomics.load(words, 0)) {
    Atomics.wait(words, 0, have, 100);
  }
  return item;
}

/** Changes its item, and fails at the first try. */
export function spoil(item: { n: number; seen?: boolean }, { attempt }: StageContext): unknown {
  const { n, seen = false } = item;
  item.n = -1;
  item.seen = true;
  if (attempt === 0 || n % 2 === 1) throw new Error('spoilt');
  return { n, seen };
}

/** Much more than its item was. */
export function swell(item: number): string {
  return `${item} `.repeat(300);
}
