/** What an option that is a time may be. */

/** The longest that a timer can wait, in milliseconds: one that is set for longer fires at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Whether it says how long something may take: 0..TIMER_MS_MAX, or Infinity for as long as it needs. */
export function isTimeLimit(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && (value <= TIMER_MS_MAX || value === Infinity);
}
