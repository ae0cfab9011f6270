/** What the threads of the end-to-end rig are told and what they answer. */
import type { PortAttachment } from '../../lib/index.js';
import type { Tally } from '../workload.js';

/** A thread that waits this long without any progress gives up: the run then fails its check. */
export const WAIT_MS = 20;
export const WAITS_MAX = 250;

export interface ProducerData {
  readonly attachment: PortAttachment;
  /** Credits that a refused producer sleeps for. */
  readonly wish: number;
  readonly burst: number;
}

export interface ConsumerData {
  readonly attachment: PortAttachment;
  /** One word: events that all consumers have taken in this run. */
  readonly taken: Int32Array;
  readonly flowTable: Int32Array;
  readonly burst: number;
  readonly workMicros: number;
}

export interface ProducerReply {
  /** The system's monotonic clock, the same in all threads, in nanoseconds. */
  readonly startedAt: bigint;
}

export interface ConsumerReply {
  readonly tally: Tally;
  /** When the last event of all had arrived; undefined if the other consumer took it. */
  readonly finishedAt: bigint | undefined;
}
