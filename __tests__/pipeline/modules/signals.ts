/** Handlers that leave a listener on their signal. */
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

export interface Item {
  /** The word that counts what the listener hears. */
  readonly word: number;
  /** Its call ends when it is aborted. */
  readonly isOpen?: boolean;
}

/** Of the call before. */
let last: AbortSignal | undefined;
let words: Int32Array;

export function setup({ context }: SetupContext<SharedArrayBuffer>): void {
  words = new Int32Array(context);
}

export interface Seen {
  /** It is that of the call before. */
  readonly isShared: boolean;
  /** It is the same each time that the call asks. */
  readonly isOne: boolean;
}

export function listen({ word, isOpen = false }: Item, context: StageContext) {
  const { signal } = context;
  signal.addEventListener('abort', () => Atomics.add(words, word, 1));
  const seen: Seen = { isShared: signal === last, isOne: signal === context.signal };
  last = signal;
  if (!isOpen) return seen;
  Atomics.store(words, 0, 1);
  return new Promise<Seen>((resolve) => signal.addEventListener('abort', () => resolve(seen)));
}

export async function listenLater(item: Item, context: StageContext): Promise<Seen> {
  await Promise.resolve();
  return listen(item, context);
}
