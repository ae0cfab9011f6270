import type { Command, Reply } from '../eventdev/commands.js';

/** The one door to a scheduler: inline, or a worker. */
export interface SchedulerSeat {
  /** Whoever writes domain memory rings this; nobody waits on it inline. */
  readonly bell: SharedArrayBuffer;
  /** The scheduler runs in a thread of its own. */
  readonly threaded: boolean;
  /** Carries out a command between two passes. Rejects with ERR_DLB_SCHEDULER_FAILED. */
  apply(command: Command): Promise<Reply>;
}
