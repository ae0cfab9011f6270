/**
 * What a thread of a pool has thrown, on its way to another.
 *
 * Nothing here throws, and what is carried is bounded, whatever it is that was thrown.
 */
import { deserialize, serialize } from 'node:v8';
import { threadId } from 'node:worker_threads';
import { tell } from './teller.js';
import type { Budget } from './teller.js';
import { untell } from './told.js';
import type { Told } from './told.js';

/** Tried one after the other, until one fits. A cause may have a hundred causes of its own. */
const BUDGETS: readonly Budget[] = [
  { values: 10_000, length: 1 << 20, text: 1 << 16, depth: 100 },
  { values: 100, length: 4000, text: 1000, depth: 5 },
  { values: 1, length: 250, text: 80, depth: 0 },
];

/** What was thrown, in bytes for `unpackThrown`; none when not even the shortest form fits. */
export function packThrown(thrown: unknown, bytesMax = Infinity): Uint8Array {
  for (const budget of BUDGETS) {
    try {
      const bytes = serialize(tell(thrown, budget));
      if (bytes.length <= bytesMax) return bytes;
    } catch {
      // No stack or no memory is left for so much: a smaller budget may do.
    }
  }
  return new Uint8Array();
}

/** Something like what was thrown: an error of the class that both threads know. */
export function unpackThrown(bytes: Uint8Array): unknown {
  try {
    return untell(deserialize(bytes) as Told);
  } catch {
    return new Error('what was thrown cannot be read');
  }
}

/** What a thread's task rejects with instead of an error: that would lose most of itself on the way. */
export interface Rejection {
  readonly thrown: Uint8Array;
  /** The thread that lives on. */
  readonly threadId: number;
}

export function rejection(thrown: unknown): Rejection {
  return { thrown: packThrown(thrown), threadId };
}

/** What a task's rejection says was thrown; anything else, such as the end of the thread, as it is. */
export function reasonOf(rejected: unknown): unknown {
  const { thrown } = (rejected ?? {}) as Partial<Rejection>;
  return ArrayBuffer.isView(thrown) ? unpackThrown(thrown) : rejected;
}
