/** Items that wait until the test lets them go: for a promise, or by failing until then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SetupContext } from '../../../lib/pipeline/index.js';

export interface Item {
  readonly key: string;
  readonly how?: 'promise' | 'retry' | 'for ever' | 'exit';
}

let words: Int32Array;

export function setup({ context }: SetupContext<SharedArrayBuffer>): void {
  words = new Int32Array(context);
}

export const keyOf = ({ key }: Item): string => key;

export function work({ key, how }: Item): string | Promise<string> {
  if (how === 'for ever') return new Promise(() => {});
  if (how === 'exit') process.exit(1);
  if (how === undefined || Atomics.load(words, 0) !== 0) return key;
  if (how === 'retry') throw new Error('not yet');
  return untilOpen(key);
}

export const pass = (key: string): string => key;

async function untilOpen(key: string): Promise<string> {
  while (Atomics.load(words, 0) === 0) await sleep(2);
  return key;
}
