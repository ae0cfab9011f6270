/** Jobs of very different lengths, so that later ones overtake: returns the number as 8 bytes,
 *  and 4 more that need the work. */
import type { Job, ParallelFunction } from '../../../lib/padata/index.js';

/** Rounds of work of the longest job. */
export function setup(rounds: number): ParallelFunction {
  const result = Buffer.alloc(12);
  return ({ number }: Job) => {
    let work = Math.imul(number, 0x9e37_79b1) >>> 0;
    const turns = work % rounds;
    for (let i = 0; i < turns; i++) work = Math.imul(work, 0x19_660d) ^ i;
    result.writeBigUInt64BE(BigInt(number));
    result.writeInt32BE(work | 0, 8);
    return result;
  };
}
