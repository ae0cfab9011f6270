/** Inverts every byte in place; some jobs end the thread first, in one of several ways. */
import type { Job, ParallelFunction } from '../../../lib/padata/index.js';

export interface Fragile {
  readonly how: 'exit' | 'heap';
  /** Jobs that end the thread. */
  readonly killers: readonly number[];
  /** Threads that each of them ends; after that it is like any other. */
  readonly deaths: number;
}

export function setup({ how, killers, deaths }: Fragile): ParallelFunction {
  return ({ number, attempt, buffer, length }: Job) => {
    if (killers.includes(number) && attempt < deaths) {
      if (how === 'exit') process.exit(7);
      fillHeap();
    }
    for (let i = 0; i < length; i++) buffer[i]! ^= 0xff;
    return length;
  };
}

function fillHeap(): never {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 4096 }, (_, i) => i + hoard.length + 0.5));
}
