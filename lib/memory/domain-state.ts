/**
 * The control words that ports follow: the domain's CTL (epoch and state) and a port's LEASE.
 *
 * Written by the scheduler only. A port compares both with what it saw last, by plain reads, on
 * every call; when either differs it looks closer.
 */

import { PROFILES_MAX } from '../eventdev/limits.js';
import { assert } from './assert.js';

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

const LEASE_FLAGS = 2;
const DISABLED = 1;
const HELD = 2;
/** Leases are counted modulo this, less one. */
export const LEASE_NUMBER_MASK = 0x1f_ffff;
const GENERATION_SHIFT = 23;
const GENERATION_MASK = 0xff;

/** A lease is `generation << 23 | number << 2 | held << 1 | disabled`, the generation cut to 8 bits.
 *  Disabled: the port was taken from its thread. Held: control has disabled it for the time being;
 *  the lease goes on. */
export function leaseWord(
  number: number,
  disabled: boolean,
  held: boolean,
  generation = 0,
): number {
  const owner = (generation & GENERATION_MASK) << GENERATION_SHIFT;
  return owner | (number << LEASE_FLAGS) | (held ? HELD : 0) | (disabled ? DISABLED : 0);
}
/** Whether the lease is that of this generation, and not that of one shortly after it. */
export function isLeaseOf(lease: number, generation: number): boolean {
  return ((lease >>> GENERATION_SHIFT) & GENERATION_MASK) === (generation & GENERATION_MASK);
}
export function leaseNumber(lease: number): number {
  return lease >>> LEASE_FLAGS;
}
export function isDisabled(lease: number): boolean {
  return (lease & DISABLED) !== 0;
}
export function isHeld(lease: number): boolean {
  return (lease & HELD) !== 0;
}
/** The credit word of this lease with no credits in it. */
export function creditTag(lease: number): number {
  return (leaseNumber(lease) & LEASE_MASK) << CREDIT_BITS;
}
export function creditCount(credit: number): number {
  return credit & CREDIT_MASK;
}

/** Of a port's YIELD word: the link profile; the requests are counted above it. */
export const PROFILE_MASK = PROFILES_MAX - 1;
assert((PROFILES_MAX & PROFILE_MASK) === 0, 'profiles have whole bits');
