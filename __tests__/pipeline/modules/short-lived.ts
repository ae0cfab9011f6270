/** Its first thread is set up, and dies when an item comes; those that follow do not get as far. */
import type { SetupContext } from '../../../lib/pipeline/index.js';

export function setup({ context }: SetupContext<SharedArrayBuffer>): void {
  if (Atomics.add(new Int32Array(context), 0, 1) > 0) process.exit(1);
}
export function brief(_item: number): number {
  process.exit(1);
}
