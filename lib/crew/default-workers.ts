/** How many threads a pool or a pipeline has when nobody says. */
import { availableParallelism } from 'node:os';
import { PORTS_MAX } from '../eventdev/limits.js';

/** One port is the main thread's. */
export const WORKERS_MAX = PORTS_MAX - 1;
/** The thread that opened it lets in, takes out and restores the order, and has a core for it. */
const MAIN_THREADS = 1;

export function defaultWorkers(cores = availableParallelism()): number {
  return Math.min(Math.max(cores - MAIN_THREADS, 1), WORKERS_MAX);
}
