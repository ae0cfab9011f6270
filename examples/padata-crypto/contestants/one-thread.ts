/** The main thread does it all: what any other way is measured against. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Load, Output } from '../load.js';
import type { Contestant } from './contestant.js';

/** Ctrl-C is seen this often; one turn costs less than one unit. */
const UNITS_PER_TURN = 512;

export function oneThread(load: Load): Contestant {
  const buffer = new Uint8Array(load.room);
  return {
    name: 'one thread',
    async round(output: Output, signal: AbortSignal) {
      for (let number = 0; number < load.units; number++) {
        const length = load.seal(buffer, load.fill(buffer, number), number);
        output.put(length === buffer.length ? buffer : buffer.subarray(0, length), number);
        if (number % UNITS_PER_TURN === 0) {
          await turn();
          signal.throwIfAborted();
        }
      }
      return 0;
    },
    async close() {},
  };
}
