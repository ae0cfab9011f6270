/** Set-ups that go wrong from the moment on that the test sets word 0. */
import type { SetupContext } from '../../../lib/pipeline/index.js';

export interface Hanging {
  readonly words: SharedArrayBuffer;
  readonly how: 'never' | 'spin' | 'exit';
}

export async function setup({ context, stage }: SetupContext<Hanging>): Promise<void> {
  if (stage !== 'fragile') return;
  const words = new Int32Array(context.words);
  if (Atomics.load(words, 0) === 0) return;
  Atomics.add(words, 1, 1);
  if (context.how === 'exit') process.exit(3);
  if (context.how === 'never') await new Promise(() => {});
  for (;;);
}

/** Item 0 ends its thread, once. */
export function fragile(item: number, { attempt }: { attempt: number }): number {
  if (item === 0 && attempt === 0) process.exit(3);
  return item;
}

export const plain = (item: number): number => item;
