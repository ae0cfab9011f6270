/**
 * The loop of a scheduler worker: pass while there is work, spin briefly, doze if that pays, park.
 *
 * Runs on: the scheduler worker. Idling is decided here and nowhere else.
 */
import { observe, park } from '#words';
import { Doze, DOZE_MS } from './doze.js';
import { PARK_LIMIT_MS, SPIN_LOOKS } from './park-limit.js';
import { parkOnBell } from './parking.js';
import { Spin } from './spin.js';
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
  const spin = new Spin();
  const doze = new Doze();
  let seen = 0;
  let idle = 0;
  let passes = 0;
  let turned = performance.now();
  let swept = turned;
  let sweep = false;
  // Look for commands whatever the bell says: a hostile domain may have set it back.
  let listen = false;
  for (;;) {
    const count = observe(bell, 0);
    if (count !== seen || listen) {
      seen = count;
      listen = false;
      duty.onBell();
    }
    // Asked after the bell, not only before it: nobody rings once more, and a park would last as
    // long as it may.
    if (duty.isDone) return;
    const moved = duty.pass(sweep);
    sweep = false;
    idle = moved > 0 ? 0 : idle + 1;
    doze.add(moved);
    const isIdle = !spin.goesOn(idle);
    if (!isIdle && ++passes < PASSES_PER_LOOK) continue;
    passes = 0;
    const now = performance.now();
    // A domain that keeps us awake does not keep us from sweeping the others.
    sweep = now - swept > PARK_LIMIT_MS;
    // Before a park rather than after it: whoever rings waits for us then.
    if (now - turned >= TURN_MS) {
      await new Promise(setImmediate);
      turned = performance.now();
      listen = true;
    } else if (isIdle && doze.next(spin.isCrowded, now)) {
      park(bell, 0, seen, DOZE_MS);
      listen = true;
      idle = 0;
    } else if (isIdle) {
      const limit = duty.isStopping ? STOPPING_PARK_MS : undefined;
      if (!parkOnBell(bell, seen, duty.domains, limit)) sweep = true;
      listen = true;
      // If a sweep finds nothing either, there is nothing to spin for.
      idle = sweep ? SPIN_LOOKS : 0;
    }
    if (sweep) swept = now;
  }
}
