/** softdlb's parallel function for chunks of a file. */
import type { ParallelFunction } from '../../../lib/index.js';
import { ctrSeal } from '../ctr.js';
import type { CtrContext } from '../ctr.js';

export function setup(context: CtrContext): ParallelFunction {
  const seal = ctrSeal(context);
  return (job) => seal(job.buffer, job.length, job.number);
}
