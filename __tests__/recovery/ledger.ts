/** What threads write down about events while schedulers die: shared words, each event its own. */

export interface Ledger {
  /** [payload]: how often it was accepted, ended or passed on, and reported or flushed. */
  readonly accepted: Uint8Array;
  readonly done: Uint8Array;
  readonly reported: Uint8Array;
  /** [flow]: the number of the event of stage 0 that was completed last; how often that went back. */
  readonly last: Int32Array;
  readonly tally: Int32Array;
}

export const TALLY = { QUIT: 0, BROKEN: 1, DONE: 2, SHARED: 3 } as const;

export const FLOWS = 32;

export function ledger(events: number): Ledger {
  const bytes = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(events * STAGES));
  const words = (n: number): Int32Array => new Int32Array(new SharedArrayBuffer(n * 4));
  return {
    accepted: bytes(),
    done: bytes(),
    reported: bytes(),
    last: words(FLOWS).fill(-1),
    tally: words(4),
  };
}

/** Payloads that come of one event: of stage 0 number * STAGES, of stage 1 and its pieces the next. */
export const STAGES = 4;
