/** What the threads of the two-stage rig are told and what they answer. */
import type { PortAttachment } from '../../lib/index.js';
import type { Tally } from '../workload.js';

export interface SourceData {
  readonly attachment: PortAttachment;
  /** One word: 1 when the source has everything back. */
  readonly finished: Int32Array;
  readonly flowTable: Int32Array;
}

export type StageData = Omit<SourceData, 'flowTable'>;

export interface SourceReply {
  readonly ms: number;
  readonly tally: Tally;
}
