/** softdlb's parallel function: seals a packet in place. */
import type { ParallelFunction } from '../../lib/index.js';
import { makeSeal } from './seal.js';

export function setup(key: Uint8Array): ParallelFunction {
  const seal = makeSeal(key);
  return (job) => seal(job.buffer, job.length, job.number);
}
