/**
 * The control words that ports follow: the domain's CTL (epoch and state) and a port's LEASE.
 *
 * Written by the scheduler only. A port compares both with what it saw last, by plain reads, on
 * every call; when either differs it looks closer.
 */

/** STOPPING refuses NEW and delivers nothing, but still takes completions. */
export const STATE = { CONFIGURED: 0, STARTED: 1, STOPPING: 2, STOPPED: 3, CLOSED: 4 } as const;

const STATE_BITS = 3;
const STATE_MASK = (1 << STATE_BITS) - 1;

export function controlWord(epoch: number, state: number): number {
  return (epoch << STATE_BITS) | state;
}
export function stateOf(control: number): number {
  return control & STATE_MASK;
}
/** Counts the stops of a domain; wraps. */
export function epochOf(control: number): number {
  return control >>> STATE_BITS;
}

/*
 * The credit word holds the low bits of the lease above the count: who knows only an older lease
 * fails the compare and swap, so a thread that slept through a stop or lost its port cannot spend
 * the credits of whoever came after.
 */
const CREDIT_BITS = 21;
const CREDIT_MASK = (1 << CREDIT_BITS) - 1;
const LEASE_MASK = 0x3ff;

/** A lease is `number << 1 | disabled`. */
export function leaseWord(number: number, disabled: boolean): number {
  return (number << 1) | (disabled ? 1 : 0);
}
export function isDisabled(lease: number): boolean {
  return (lease & 1) !== 0;
}
/** The credit word of this lease with no credits in it. */
export function creditTag(lease: number): number {
  return ((lease >>> 1) & LEASE_MASK) << CREDIT_BITS;
}
export function creditCount(credit: number): number {
  return credit & CREDIT_MASK;
}
