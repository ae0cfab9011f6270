/**
 * `npm run explore`: the scenarios of this folder at sizes that take a minute, one schedule of each
 * set that differs only in the order of independent steps. Ends with 1 if anything is found.
 */
import type { ExploreOptions, Exploration } from '../../lib/explore/index.js';
import { creditRound, endedWish, wish } from './credit.js';
import { leaving, newLease, nextOwner, reclaimed } from './handover.js';
import { doorbell, parkedPort, parkedScheduler } from './idling.js';
import { hintsOf, oneBuffer, reserve } from './mempool.js';
import { cqRing, fencedRing } from './ring.js';
import { snapshot } from './statistics.js';
import { stopped } from './stop.js';
import { belowThreshold, threshold } from './threshold.js';
import { yielding } from './yielding.js';

const REDUCED: ExploreOptions = { reduce: true, schedules: Infinity };
const EVERY: ExploreOptions = { schedules: Infinity };

/** What is explored, and the outcomes that must not come. */
const EXPLORATIONS: readonly [string, () => Exploration, RegExp][] = [
  ['CQ, 8 looks', () => cqRing(8, REDUCED), /junk/],
  ['CQ, 5 looks, all schedules', () => cqRing(5, EVERY), /junk/],
  ['fence, 12 events', () => fencedRing(12, REDUCED), /accepted \d/],
  ['credits, 6 rounds', () => creditRound(6, REDUCED), /NaN/],
  ['wish', () => wish(REDUCED), /taken 0/],
  ['ended wish, waits', () => endedWish('waits', REDUCED), /taken 0/],
  ['ended wish, refused', () => endedWish('refused', REDUCED), /never/],
  ['doorbell, 4 events, 4 passes', () => doorbell(4, 4, REDUCED), /of \d$/],
  ['parked scheduler, 4 events', () => parkedScheduler(1, 4, REDUCED), /never/],
  ['parked scheduler, 2 ports', () => parkedScheduler(2, 1, REDUCED), /never/],
  ['parked port, 3 events', () => parkedPort(3, REDUCED), /never/],
  ['new lease', () => newLease(REDUCED), /1|disabled/],
  ['leaving', () => leaving(REDUCED), /inside 2/],
  ['yielding', () => yielding(REDUCED), /^(?!taken 1, held 1)/],
  ['next owner, 3 passes', () => nextOwner(3, REDUCED), /second \d,? |inside [013]/],
  ['reclaim', () => reclaimed(REDUCED), /not exact/],
  ['stop, 4 events', () => stopped(4, REDUCED), /flushed/],
  ['threshold, 6 tries', () => threshold(6, REDUCED), /sent [^1]/],
  ['below the threshold', () => belowThreshold(REDUCED), /let in 0/],
  ['snapshot, 3 passes', () => snapshot(3, { ...REDUCED, cut: true, steps: 32 }), /mixed/],
  ['one buffer', () => oneBuffer(REDUCED), /lost/],
  ['hints, all schedules', () => hintsOf(EVERY), /without/],
  ['reserve', () => reserve(REDUCED), /taken 2/],
];

let failed = false;
for (const [name, run, forbidden] of EXPLORATIONS) {
  const begun = performance.now();
  let came: string;
  try {
    const { schedules, steps } = run().never(forbidden);
    came = `${schedules} schedules, ${steps} steps`;
  } catch (error) {
    failed = true;
    came = (error as Error).message;
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${name.padEnd(36)} ${seconds.padStart(6)} s  ${came}`);
}
process.exitCode = failed ? 1 : 0;
