/** Arguments out of range are no errors on the data plane. */

/** `value` as a whole number within 0..max. */
export function clamp(value: number, max: number): number {
  if (!(value > 0)) return 0;
  return value < max ? Math.floor(value) : max;
}
