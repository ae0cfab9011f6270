/**
 * The loop of a scheduler worker: pass while there is work, spin briefly, park.
 *
 * Runs on: the scheduler worker. Idling is decided here and nowhere else.
 */
import { observe } from '#words';
import { SPIN_LOOKS } from './park-limit.js';
import { parkOnBell } from './parking.js';
import type { Sleeper } from './parking.js';

export interface Duty {
  /** One step; returns the work done. `sweep`: look everywhere, not only where someone rang. */
  pass(sweep: boolean): number;
  readonly domains: readonly Sleeper[];
  /** The bell was raised: there may be commands. */
  onBell(): void;
  /** Steps are due even when nobody rings. */
  readonly isStopping: boolean;
  readonly isDone: boolean;
}

/** Console, timers, finalisers and the inspector of a thread stand still between two turns of its
 *  event loop. */
const TURN_MS = 10;
/** Passes between two looks at the clock. */
const PASSES_PER_LOOK = 64;
/** How long to park while a stop waits for ports to settle. */
const STOPPING_PARK_MS = 1;

export async function runDuty(bell: Int32Array, duty: Duty): Promise<void> {
  let seen = 0;
  let idle = 0;
  let passes = 0;
  let turned = performance.now();
  let sweep = false;
  while (!duty.isDone) {
    const count = observe(bell, 0);
    if (count !== seen) {
      seen = count;
      duty.onBell();
    }
    const swept = sweep;
    const moved = duty.pass(swept);
    sweep = false;
    idle = moved > 0 ? 0 : idle + 1;
    // Nothing came in a whole park, and the sweep found nothing: it is idle, so do not spin.
    if (swept && moved === 0) idle = SPIN_LOOKS + 1;
    if (idle > SPIN_LOOKS) {
      passes = 0;
      const limit = duty.isStopping ? STOPPING_PARK_MS : undefined;
      sweep = !parkOnBell(bell, seen, duty.domains, limit);
      // Nobody rang: if the sweep finds nothing either, there is nothing to spin for.
      idle = sweep ? SPIN_LOOKS : 0;
    } else if (++passes < PASSES_PER_LOOK) {
      continue;
    }
    passes = 0;
    if (performance.now() - turned < TURN_MS) continue;
    await new Promise(setImmediate);
    turned = performance.now();
  }
}
