/** Handlers that tell whether their items travel together, and what becomes of those that do. */
import { many } from '../../../lib/pipeline/index.js';
import type { Many, SetupContext, StageContext } from '../../../lib/pipeline/index.js';

/** Word 0: how many blocking calls may go on; word 1: how many have come. */
let words: Int32Array;

export function setup({ context }: SetupContext<SharedArrayBuffer | undefined>): void {
  if (context !== undefined) words = new Int32Array(context);
}

/** Items below 0 wait, each for a permit of its own. */
export function block(item: number): number {
  if (item >= 0) return item;
  const needed = -item;
  Atomics.add(words, 1, 1);
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

/** Some of it is larger than others. */
export function mixed(item: number): Many<string> {
  return many(
    [1, 1000, item % 2 === 0 ? 1 : 1000, 2000].map((length) => `${item % 10}`.repeat(length)),
  );
}
export const firstOf = (text: string): string => text[0]!;
export const count = (text: string): number => text.length;
