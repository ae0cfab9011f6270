/** Items that wait for each other, or for the test: at words of shared memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

/** Whoever waits for longer waits in vain. */
const PATIENCE_MS = 20_000;

let words: Int32Array;

export function setup({ context }: SetupContext<SharedArrayBuffer>): void {
  words = new Int32Array(context);
}

/** Item 0 sets word 1 and waits until word 0 is set; item 1 sets that. */
export function meet(item: number): number {
  if (item === 0) {
    tell(1);
    waitFor(0);
  }
  if (item === 1) tell(0);
  return item;
}

/** Word 0 counts those that came; all but item -1 wait until the test sets word 1. */
export function queue(item: number): number {
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
  waitFor(1);
  return item;
}

/** As `queue`, but only item 0 waits. */
export function blockedByFirst(item: number): number {
  Atomics.add(words, 0, 1);
  if (item === 0) waitFor(1);
  return item;
}

/** As `queue`, as a promise. Word 2 is set when the signal aborts. */
export async function queueLater(item: number, { signal }: StageContext): Promise<number> {
  Atomics.add(words, 0, 1);
  signal.addEventListener('abort', () => tell(2), { once: true });
  while (Atomics.load(words, 1) === 0) await sleep(1);
  return item;
}

/** Words 2 and 3: how many calls are on, and the most that were. */
export async function crowd(item: number): Promise<number> {
  const now = Atomics.add(words, 2, 1) + 1;
  for (let most = Atomics.load(words, 3); now > most; most = Atomics.load(words, 3)) {
    Atomics.compareExchange(words, 3, most, now);
  }
  Atomics.add(words, 0, 1);
  while (Atomics.load(words, 1) === 0) await sleep(1);
  await sleep(item % 3);
  Atomics.sub(words, 2, 1);
  return item;
}

function waitFor(word: number): void {
  if (Atomics.wait(words, word, 0, PATIENCE_MS) === 'timed-out') throw new Error('waited in vain');
}
function tell(word: number): void {
  Atomics.store(words, word, 1);
  Atomics.notify(words, word);
}
