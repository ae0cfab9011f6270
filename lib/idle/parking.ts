/**
 * Where a scheduler worker sleeps: one bell, several domains.
 *
 * Runs on: the scheduler worker, when a round over all domains moved nothing.
 */
import { HEADER } from '../memory/layout.js';
import { park, publish } from '#words';
import { PARK_LIMIT_MS } from './park-limit.js';

/** A domain as seen from its bell. */
export interface Sleeper {
  /** Domain memory. */
  readonly words: Int32Array;
  /** Someone rang, or a round has more to do. Observes. */
  hasWork(): boolean;
}

/**
 * Parks until the bell is raised above `seen` or the limit has passed; does not park if a domain
 * has work. Returns false on a time-out: then the caller sweeps every ring, since a thread may
 * have died between publishing and ringing.
 */
export function parkOnBell(
  bell: Int32Array,
  seen: number,
  domains: Iterable<Sleeper>,
  limitMs = PARK_LIMIT_MS,
): boolean {
  let woken = true;
  // S2 → S1 (doorbell.ts): every domain is told first, then looked at once more.
  for (const domain of domains) publish(domain.words, HEADER.SLEEPING, 1);
  if (!anyWork(domains)) woken = park(bell, 0, seen, limitMs);
  for (const domain of domains) publish(domain.words, HEADER.SLEEPING, 0);
  return woken;
}

function anyWork(domains: Iterable<Sleeper>): boolean {
  for (const domain of domains) if (domain.hasWork()) return true;
  return false;
}
