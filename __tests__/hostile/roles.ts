/** What the threads of the program are told, and where they write down what they did. */
import type { PortAttachment } from '../../lib/index.js';

export interface Orders {
  /** A vandal overwrites everything; a silencer sets the bell back, again and again. */
  readonly role: 'vandal' | 'silencer' | 'innocent' | 'forward';
  readonly attachment: PortAttachment;
  readonly seed: number;
  /** [TALLY]. */
  readonly tally: Int32Array;
}

export const TALLY = {
  QUIT: 0,
  /** Acts of the vandal. */
  STRIKES: 1,
  /** Calls of innocent threads on ports of the hostile domain. */
  CALLS: 2,
  /** Events that they got. */
  GOT: 3,
  WORDS: 4,
} as const;
