/** Threads that are set up as the context says: those that come first as ever, the others not. */
import type { Job, ModuleFunctions } from '../../../lib/padata/index.js';

export interface Successors {
  /** Word 0 counts the threads. */
  readonly words: SharedArrayBuffer;
  /** So many come first. */
  readonly first: number;
  readonly next: 'exits' | 'hangs';
}

export async function setup({ words, first, next }: Successors): Promise<ModuleFunctions> {
  const thread = Atomics.add(new Int32Array(words), 0, 1);
  if (thread >= first && next === 'exits') process.exit(6);
  if (thread >= first) await new Promise(() => setInterval(() => {}, 1000));
  return {
    parallel({ data, attempt }: Job) {
      if (data[0] === 1 && attempt === 0) process.exit(5);
      return Uint8Array.of(thread);
    },
    serial() {},
  };
}
