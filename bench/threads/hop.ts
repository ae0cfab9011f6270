/** A thread of the bare round trip: woken on its word, it wakes whoever is next, by Atomics and nothing else. */
import { parentPort, workerData } from 'node:worker_threads';

export interface HopData {
  readonly words: Int32Array;
  /** Where it is woken, and whom it wakes: of each two turns the first, then the second. */
  readonly at: number;
  readonly next: readonly [number, number];
}

const { words, at, next } = workerData as HopData;
parentPort!.postMessage('ready');
for (let turn = 0; ; turn++) {
  Atomics.wait(words, at, turn);
  // The end.
  if (Atomics.load(words, at) < 0) break;
  const to = next[turn % 2]!;
  Atomics.add(words, to, 1);
  Atomics.notify(words, to);
}
