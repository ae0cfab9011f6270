/**
 * What the threads of a run write down, in shared memory.
 *
 * A thread has a number for each time that it takes its port: its hire. Events and locks that a
 * hire held when it ended may be found by others, so each hire that ended is marked as gone before
 * its events can be scheduled again.
 */
import type { PortAttachment } from '../../lib/index.js';
import type { Topology } from './topology.js';

/** Most payloads per producer. */
export const PAYLOADS = 1 << 16;
/** More than any run has. */
export const HIRES = 1 << 20;

export interface Board {
  /** [TALLY]. */
  readonly tally: Int32Array;
  /** [stage * payloads + payload]: the hire that got it last, 0: none. The sink is a stage. */
  readonly seen: Int32Array;
  /** [payload]: its producer ended without knowing whether it had been accepted. */
  readonly twice: Int32Array;
  /** [stage * flows + flow]: the hire that holds the flow of an atomic stage, 0: none. */
  readonly locks: Int32Array;
  /** [producer * flows + flow]: the last payload that arrived, plus 1. */
  readonly last: Int32Array;
  /** [hire]: 1 when it is gone. */
  readonly gone: Int32Array;
  /** [port]: the hire that has it. */
  readonly holder: Int32Array;
  /** [producer]: payloads accepted for certain, and perhaps accepted. */
  readonly sent: Int32Array;
  readonly tried: Int32Array;
}

export const TALLY = {
  /** Events received, by all. */
  RECEIVED: 0,
  HIRES: 1,
  /** Producers are to end. */
  FINISH: 2,
  /** Received again though nobody who held it was gone. */
  TWICE: 3,
  /** A flow was found in another hand. */
  SHARED: 4,
  OVERTAKEN: 5,
  /** Received with a queue or a payload that nobody sent. */
  FOREIGN: 6,
  /** Received again for a reason. */
  AGAIN: 7,
  DETACHED: 8,
  /** Keeps its value: for waits that nobody ends. */
  NEVER: 9,
  WORDS: 10,
} as const;

export interface Orders {
  readonly topology: Topology;
  readonly attachment: PortAttachment;
  readonly board: Board;
}

export function makeBoard(topology: Topology): Board {
  const { producers, workers, stages, flows } = topology;
  const payloads = producers * PAYLOADS;
  const words = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * 4));
  return {
    tally: words(TALLY.WORDS),
    seen: words((stages.length + 1) * payloads),
    twice: words(payloads),
    locks: words((stages.length + 1) * flows),
    last: words(producers * flows),
    gone: words(HIRES),
    holder: words(producers + workers + 1),
    sent: words(producers),
    tried: words(producers),
  };
}

export function tell(board: Board, what: number): void {
  Atomics.add(board.tally, what, 1);
}
