import type { Command, Reply } from '../eventdev/commands.js';
import { DlbError } from '../eventdev/errors.js';
import type { Recovered } from './recovery.js';

/** The one door to a scheduler: inline, or a worker. */
export interface SchedulerSeat {
  /** Whoever writes domain memory rings this; nobody waits on it inline. */
  readonly bell: SharedArrayBuffer;
  /** The scheduler runs in a thread of its own. */
  readonly threaded: boolean;
  /** The thread that makes the passes, if that is the one that opened the device. */
  readonly thread?: number;
  /** The thread that opened the device, if the scheduler may die without it. */
  readonly opener?: number;
  /** Carries out a command between two passes. Rejects with ERR_DLB_SCHEDULER_FAILED. */
  apply(command: Command): Promise<Reply>;
  /** Brings what can be read of a domain up to date; without it every pass does. */
  refresh?(domain: number): void;
}

/** Told by a seat that its scheduler gave this domain up, or, with null, has ended altogether. */
export type SeatFailed = (reason: DlbError, domain: number | null) => void;

/** Told by a seat that its scheduler has died: what of its domains is to be recovered, by domain. */
export type SeatDied = (reason: DlbError) => Map<number, Recovered>;

/** Why the scheduler gave up a domain: a defect, and its other domains go on. */
export function domainFailed(domain: number, why: string): DlbError {
  return new DlbError('ERR_DLB_SCHEDULER_FAILED', 'the scheduler gave the domain up', {
    domain,
    why,
  });
}
