/** Tells with each result how often a timer of the thread has fired. */
import type { ParallelFunction } from '../../../lib/padata/index.js';

export function setup(): ParallelFunction {
  let ticks = 0;
  setInterval(() => ticks++, 1).unref();
  return ({ buffer }) => {
    const until = performance.now() + 0.2;
    while (performance.now() < until);
    buffer[0] = Math.min(ticks, 255);
    return 1;
  };
}
