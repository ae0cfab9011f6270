/** What the tree is built over: a device, as far as control knows it. */
import type { DomainSpec } from '../../eventdev/spec.js';
import type { Domain } from '../domain.js';
import type { Rules } from '../model-rules.js';
import type { ResourceReport } from '../ledger/owner.js';
import type { VirtualDevice } from '../virtual/virtual-device.js';

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
  /** What a specification may say here. */
  rules(): Rules;
  /** Those that are open, by id. */
  domains(): readonly Domain[];
  createDomain(spec: DomainSpec): Promise<Domain>;
  /** Those that are open, by id. */
  virtualDevices(): readonly VirtualDevice[];
  /** DLB models only, as are those that follow. */
  sequenceAllocation(group: number): number;
  setSequenceAllocation(group: number, sequences: number): void;
  sequenceOccupancy(group: number): number;
  classBandwidth(cos: number): number;
  setClassBandwidth(cos: number, percent: number): void;
}
