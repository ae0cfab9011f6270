/**
 * V8 has two kinds of number, and keeps a whole one that came out of `Math.ceil`, `**` or a division as
 * a float for good. An offset that is a float makes all arithmetic of the data path that of floats: an
 * event cost three times as much. So every number that the data path meets goes through here once.
 */

/** The same number; a small integer to V8, if it is one. */
export function small(n: number): number {
  const whole = n | 0;
  return whole === n ? whole : n;
}
