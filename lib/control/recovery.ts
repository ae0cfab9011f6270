/** What a domain, its seat and a new scheduler have to say to each other when a scheduler has died. */
import type { Command, DomainPlan } from '../eventdev/commands.js';
import type { DlbError } from '../eventdev/errors.js';
import type { EventBurst } from '../eventdev/event-burst.js';

/** Takes everything out of the memory of a domain whose scheduler has died: scheduler/recovery.ts.
 *  Returns the events, four words each. */
export type Salvage = (
  plan: DomainPlan,
  options: {
    readonly isStarted: boolean;
    readonly mayHold: boolean;
    readonly isDropped: boolean;
  },
) => Int32Array;

export interface Recovered {
  /** What the new scheduler has to do first; null: it has nothing to do with the domain. */
  readonly command: Command | null;
  /** The answer to a stop that was under way. */
  readonly flushed: Int32Array;
  /** To be called when the new scheduler goes on, or when it is known that none will: reports. */
  done(): void;
}

export interface RecoveryInfo {
  /** ERR_DLB_SCHEDULER_FAILED; `why` in its details. */
  readonly reason: DlbError;
}

/** Is given every event that was inside, once, in bursts. */
export type RecoveryListener = (events: EventBurst, info: RecoveryInfo) => void;
