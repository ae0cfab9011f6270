/** What the tree is built over: a device, as far as control knows it. */
import type { DomainSpec } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import type { ResourceReport } from '../ledger/owner.js';

export interface TreeDevice {
  readonly info: {
    readonly name: string;
    readonly scheduling: string;
    readonly schedulers: number;
    readonly model: string;
    readonly limits: Readonly<Record<string, number>>;
    readonly capabilities: readonly string[];
  };
  readonly isClosed: boolean;
  resources(): ResourceReport;
  /** Those that are open, by id. */
  domains(): readonly Domain[];
  createDomain(spec: DomainSpec): Promise<Domain>;
}
