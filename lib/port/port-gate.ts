/**
 * What a port may do at this moment: follows the domain's CTL and the port's lease.
 *
 * Runs on: the port's thread. Writes nothing in shared memory.
 * The common case is two plain reads per call. Both words are written by the scheduler; a stale
 * value does no harm, because what it lets through fails at the fence of the ring.
 */
import type { PortState } from '../eventdev/spec.js';
import { HEADER, PORT } from '../memory/layout.js';
import { isDisabled, isHeld, isLeaseOf, STATE, stateOf } from '../memory/domain-state.js';
import { observeNear } from '../memory/near.js';
import { observe } from '#words';

/** In this order: up to DRAINING completions are taken, later ones take nothing. */
export const MODE = {
  /** All operations. */
  FLOWING: 0,
  /** Control has disabled the port for the time being: completions only. */
  HELD: 1,
  /** The domain is stopping: completions only. */
  DRAINING: 2,
  /** Not started, or stopped. */
  IDLE: 3,
  /** Attached, but the scheduler has not passed the mark of the owner before. */
  WAITING: 4,
  /** Cut off, or the port belongs to a later generation. */
  DISABLED: 5,
  DETACHED: 6,
  CLOSED: 7,
} as const;

export class PortGate {
  readonly #words: Int32Array;
  readonly #leaseAt: number;
  readonly #ackAt: number;
  readonly #generation: number;
  #control = 0;
  #lease = 0;
  #acknowledged = 0;
  #mode: number = MODE.IDLE;
  /** Counts the looks that found something changed. */
  #changes = 0;
  readonly #near: boolean;

  constructor(words: Int32Array, portAt: number, generation: number, near = false) {
    this.#near = near;
    this.#words = words;
    this.#leaseAt = portAt + PORT.LEASE;
    this.#ackAt = portAt + PORT.ACK_GENERATION;
    this.#generation = generation;
    this.look();
  }

  /** The mode of the last look. */
  get mode(): number {
    return this.#mode;
  }

  /** Grows whenever a look finds that something has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** The lease of the last look: when its number changes, debts and credits are gone. */
  get lease(): number {
    return this.#lease;
  }

  /** Whether the lease is that of the last look. A plain read will do for what was published after
   *  a lease and has been observed: whoever saw that sees the lease as well. */
  get leaseHolds(): boolean {
    return this.#words[this.#leaseAt] === this.#lease;
  }

  /** Whether the lease is no longer that of the last look. Observes. */
  leaseEnded(): boolean {
    return observeNear(this.#near, this.#words, this.#leaseAt) !== this.#lease;
  }

  /** False when a look is due: something changed, or nothing flows and a plain read may be stale. */
  current(): boolean {
    return (
      this.#mode === MODE.FLOWING &&
      this.#words[HEADER.CTL] === this.#control &&
      this.#words[this.#leaseAt] === this.#lease
    );
  }

  /** Observes the control words. Returns the mode. */
  look(): number {
    if (this.#mode >= MODE.DETACHED) return this.#mode;
    // G1 ← G2 (the scheduler publishes the lease, then the generation it is for).
    const acknowledged = observe(this.#words, this.#ackAt);
    const lease = observe(this.#words, this.#leaseAt);
    const control = observe(this.#words, HEADER.CTL);
    const isNew = lease !== this.#lease || control !== this.#control;
    if (isNew || acknowledged !== this.#acknowledged) this.#changes++;
    this.#acknowledged = acknowledged;
    this.#lease = lease;
    this.#control = control;
    this.#mode = this.#judge(this.#acknowledged);
    return this.#mode;
  }

  /** True when the control words are no longer those of the last look. Observes. */
  changed(): boolean {
    return (
      observe(this.#words, HEADER.CTL) !== this.#control ||
      observe(this.#words, this.#leaseAt) !== this.#lease ||
      observe(this.#words, this.#ackAt) !== this.#acknowledged
    );
  }

  detach(): void {
    if (this.#mode !== MODE.CLOSED) this.#mode = MODE.DETACHED;
  }

  /** As of the last look: whoever uses the port has to hear of a new lease, so this does not look. */
  get state(): PortState {
    const mode = this.#mode;
    if (mode === MODE.CLOSED) return 'closed';
    if (mode === MODE.DETACHED) return 'detached';
    if (mode === MODE.DISABLED || isHeld(this.#lease)) return 'disabled';
    const state = stateOf(this.#control);
    if (state === STATE.CONFIGURED) return 'configured';
    return state === STATE.STARTED ? 'started' : 'stopped';
  }

  #judge(acknowledged: number): number {
    const state = stateOf(this.#control);
    if (state === STATE.CLOSED) return MODE.CLOSED;
    const behind = (acknowledged - this.#generation) | 0;
    if (behind > 0 || isDisabled(this.#lease)) return MODE.DISABLED;
    if (behind < 0) return MODE.WAITING;
    // Reclaimed between the two looks: the lease is the next generation's.
    if (!isLeaseOf(this.#lease, this.#generation)) return MODE.DISABLED;
    if (state !== STATE.STARTED && state !== STATE.STOPPING) return MODE.IDLE;
    if (isHeld(this.#lease)) return MODE.HELD;
    return state === STATE.STARTED ? MODE.FLOWING : MODE.DRAINING;
  }
}
