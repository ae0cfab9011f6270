/** Every job fails, and then ends the thread that tells serial of it. */
import type { SerialJob } from '../../../lib/padata/index.js';

export function parallel(): never {
  throw new Error('from parallel');
}

export function serial({ number, attempt }: SerialJob): void {
  if (attempt < [1, 1, 3][number]!) process.exit(9);
  if (number === 0) throw new Error('from serial');
}
