/**
 * Vector clocks: how many steps of each thread someone has seen.
 *
 * Algorithm: Mattern and Fidge; used for races as in Flanagan and Freund, "FastTrack" (2009),
 * without its shortcuts. A clock is never changed, so what undoes a step keeps a reference.
 */
export type Clock = readonly number[];

/** Nothing of anyone. */
export function zeroClock(threads: number): Clock {
  return Array.from({ length: threads }, () => 0);
}

/** `clock` with `thread` at `time`. */
export function withTime(clock: Clock, thread: number, time: number): Clock {
  return clock.with(thread, time);
}

/** What either has seen. */
export function joined(a: Clock, b: Clock): Clock {
  return a.map((time, thread) => Math.max(time, b[thread]!));
}

/** The first thread whose time in `events` the clock has not seen, or -1. */
export function firstUnseen(clock: Clock, events: Clock): number {
  for (let thread = 0; thread < events.length; thread++) {
    if (events[thread]! > clock[thread]!) return thread;
  }
  return -1;
}
