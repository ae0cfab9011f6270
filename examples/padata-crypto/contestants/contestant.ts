/** Somebody who encrypts a load. */
import type { Output } from '../load.js';

export interface Contestant {
  readonly name: string;
  /** Encrypts everything once, results in order. Returns how many units were complete before an
   *  earlier one and had to be put back in order. */
  round(output: Output, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

export type OpenContestant = () => Promise<Contestant>;
