/** Work that takes the time it is told to take. */

const MICROS_PER_MS = 1000;

export function beBusy(micros: number): void {
  const until = performance.now() + micros / MICROS_PER_MS;
  while (performance.now() < until);
}
