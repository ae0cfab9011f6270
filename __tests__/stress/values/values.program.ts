/**
 * One seed of `npm run stress -- --values`, in a process of its own: a pipeline, or a pool, whose functions return
 * and throw everything there is, die and hang wherever user code runs, and which ends in order or by a break.
 *
 * Argument: the seed. The last line of output is a `Report`. Exit code 1 if anything is wrong.
 */
import { runPool } from './run-pool.js';
import { run } from './run.js';

/** One seed in so many is a pool's. */
const POOL_ONE_IN = 4;

const seed = Number(process.argv[2]);
const report = await (seed % POOL_ONE_IN === 0 ? runPool(seed) : run(seed));
process.stdout.write(`${JSON.stringify(report)}\n`);
if (report.wrong.length > 0) process.exitCode = 1;
