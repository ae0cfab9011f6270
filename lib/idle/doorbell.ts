/**
 * How a port tells its scheduler that there is something to take in.
 *
 * Runs on: the port's thread, after it published an index.
 * A bit per port says who rang; the bell wakes a parked scheduler worker. While the bit is still
 * set the scheduler has not looked since, and will: then there is nothing more to do.
 */
import { HEADER } from '../memory/layout.js';
import { raise } from '../memory/signal.js';
import { observe, setBits } from '#words';

export function ringDoorbell(
  words: Int32Array,
  bell: Int32Array,
  portId: number,
  near = false,
): void {
  const bit = 1 << (portId & 31);
  if (near) {
    // Whoever makes the passes is here, so nobody sleeps.
    words[HEADER.NEAR_DOORBELL + (portId >>> 5)]! |= bit;
    return;
  }
  const at = HEADER.DOORBELL + (portId >>> 5);
  // D1 → D2 (scheduler: takes the bits, then observes the tails): a bit found set here is taken
  // later, so whoever takes it sees what we published before.
  // Set again even so: the scheduler takes this bit as well, and reads plainly what came before.
  if ((setBits(words, at, bit) & bit) !== 0) return;
  // S1 ← S2 (parking.ts): either we see `sleeping`, or the scheduler sees the bit.
  if (observe(words, HEADER.SLEEPING) !== 0) raise(bell, 0);
}
