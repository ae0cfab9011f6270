/** Works for a while, and tells how many jobs its thread has done since its event loop had a turn; or returns as many
 *  pieces as its first byte says. */
import type { Job, JobResult, ParallelFunction } from '../../../lib/padata/index.js';

export function setup(ms: number | undefined): ParallelFunction {
  if (ms === undefined) return ({ data }) => pieces(data[0]!);
  let row = 0;
  const turn = (): void => {
    row = 0;
    setImmediate(turn).unref();
  };
  turn();
  return (_job: Job): JobResult => {
    const until = performance.now() + ms;
    while (performance.now() < until);
    return Uint8Array.of(++row);
  };
}

function pieces(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => Uint8Array.of(1));
}
