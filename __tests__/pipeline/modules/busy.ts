/** Synchronous handlers that keep their worker busy. */
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

let words: Int32Array | undefined;
let timer: ReturnType<typeof setInterval> | undefined;

export function setup({ context, stage }: SetupContext<SharedArrayBuffer | undefined>): void {
  if (context !== undefined) words = new Int32Array(context);
  if (stage === 'ticks') timer = setInterval(() => Atomics.add(words!, 0, 1), 1);
}
export function teardown(): void {
  clearInterval(timer);
}

/** How often the timer has run. */
export function ticks(_item: number): number {
  for (let spin = 20_000; spin > 0; spin--) Math.sqrt(spin);
  return Atomics.load(words!, 0);
}

/** A megabyte on the heap, to which nothing but a weak reference leads. */
export function refersWeakly(item: number): number {
  const large = Array<number>(1 << 17).fill(item + 0.5);
  void new WeakRef(large);
  for (let spin = 20_000; spin > 0; spin--) Math.sqrt(spin);
  return item;
}

/** Prints at item 0, and is busy until it is told that the text has appeared. */
export function print(item: number, { worker }: StageContext): number {
  if (item === 0) console.log(`printed by a worker${worker === 0 ? '' : '?'}`);
  const until = performance.now() + 1;
  while (performance.now() < until);
  return item;
}
