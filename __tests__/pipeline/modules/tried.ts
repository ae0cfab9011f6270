/** Calls that are over when their thread ends, before their results are sent. */
import type { SetupContext, StageContext } from '../../../lib/pipeline/index.js';

let counts: Int32Array;
let open!: () => void;
const opened = new Promise<void>((resolve) => (open = resolve));
let begun = 0;

export function setup({ context }: SetupContext<SharedArrayBuffer>): void {
  counts = new Int32Array(context);
}

/** Of each item and attempt. */
export const COUNTS_PER_ITEM = 8;
const LAST = 4;

/** All five are begun, then the first four end, and then the last ends the thread. */
export async function charge(item: Uint8Array, { attempt }: StageContext): Promise<Uint8Array> {
  const [n] = item as Uint8Array & [number];
  counts[n * COUNTS_PER_ITEM + attempt]!++;
  if (++begun > LAST) open();
  if (attempt === 0) await opened;
  if (n === LAST && attempt === 0) {
    for (let i = 0; i < 10; i++) await opened;
    process.exit(1);
  }
  return item;
}

export function attemptOf(item: Uint8Array, { attempt }: StageContext): [number, number] {
  return [item[0]!, attempt];
}
