/**
 * How long a thread spins and sleeps; what that depends on stands in spin.ts and doze.ts.
 */

/** Looks before parking, while cores are idle. Spinning 50 looks moved 2-3 times as many events as spinning 2000 when
 *  threads outnumber cores, and covers the gap between two bursts. */
export const SPIN_LOOKS = 50;

/** A park ends at the latest after this: a thread may die between publishing and ringing. Three
 *  threads waking every 5 ms cost 1.9 % of a core, every 50 ms 0.9-1.0 %, every 100 ms 0.5 % (see
 *  README.md). Tests set it to Infinity through SOFTDLB_PARK_LIMIT_MS, so that a lost wake-up hangs and is seen. */
export const PARK_LIMIT_MS = parkLimit();

function parkLimit(): number {
  const setting = globalThis.process?.env?.['SOFTDLB_PARK_LIMIT_MS'];
  const ms = setting === undefined ? Number.NaN : Number(setting);
  return ms > 0 ? ms : 100;
}
