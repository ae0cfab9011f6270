/** Its threads end soon after they began, with nothing in hand. */
import type { ParallelFunction } from '../../../lib/padata/index.js';

export function setup(): ParallelFunction {
  setTimeout(() => process.exit(9), 10);
  return () => undefined;
}
