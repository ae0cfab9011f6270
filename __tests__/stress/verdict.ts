/** What a run reports. */
import type { DomainStats } from '../../lib/index.js';
import type { Topology } from './topology.js';

export interface Verdict {
  readonly seed: number;
  readonly topology: Topology;
  /** All of these are 0 in a run that went well. */
  readonly wrong: {
    readonly lost: number;
    readonly twice: number;
    readonly shared: number;
    readonly overtaken: number;
    readonly foreign: number;
    readonly creditsMissing: number;
    readonly flushed: number;
  };
  readonly counts: {
    readonly sent: number;
    readonly received: number;
    readonly again: number;
    readonly kills: number;
    readonly detached: number;
  };
  /** Set when nothing moved any more. */
  readonly stuck: { readonly step: string; readonly stats: DomainStats } | null;
}
