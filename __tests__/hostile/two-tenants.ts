/** What the threads of the program are told, and what is found in the end. */
import type { VirtualDeviceHandle } from '../../lib/index.js';

export interface TenantOrders {
  readonly role: 'good' | 'bad';
  readonly handle: VirtualDeviceHandle;
  readonly seed: number;
  /** [SHARED]. */
  readonly shared: Int32Array;
}

export const SHARED = {
  /** The good tenant shall come to an end. */
  QUIT: 0,
  /** Events that came back to the good tenant. */
  RECEIVED: 1,
  /** Acts of the bad one. */
  DEEDS: 2,
  /** Resets of the bad one that left something behind. */
  RESETS_FAILED: 3,
  /** The bad one has gone into a loop that does not end. */
  IS_STUCK: 4,
  WORDS: 5,
} as const;

/** What the good tenant has seen. */
export interface GoodReport {
  readonly sent: number;
  readonly received: number;
  readonly misplaced: number;
  /** Events that it has not sent. */
  readonly foreign: number;
  readonly dropped: number;
  readonly flushed: number;
  /** Control calls that went as they should. */
  readonly calls: number;
}

export interface TenantFindings {
  readonly seed: number;
  readonly good: GoodReport;
  /** What the good tenant's thread threw. */
  readonly thrown: readonly string[];
  readonly deaths: number;
  readonly cutOffs: number;
  readonly deeds: number;
  readonly resetsFailed: number;
  /** Whether the device has everything back in the end. */
  readonly isWhole: boolean;
  /** Domains that were left when the tenants were gone. */
  readonly domainsLeft: number;
}
