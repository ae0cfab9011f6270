/** What the tree is built over: a device, as far as control knows it. */
import type { DomainSpec, VirtualDeviceSpec } from '../../eventdev/spec.js';
import type { PlannedDomain } from '../create-domain.js';
import type { Domain } from '../domain.js';
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
  /** Those that are open, by id. */
  domains(): readonly Domain[];
  createDomain(spec: DomainSpec): Promise<Domain>;
  /** Everything that `createDomain` would refuse for its specification. Takes nothing. */
  planDomain(spec: DomainSpec): PlannedDomain;
  /** Those that are open, by id. */
  virtualDevices(): readonly VirtualDevice[];
  createVirtualDevice(spec: VirtualDeviceSpec): Promise<VirtualDevice>;
  /** Of the hardware's models only. */
  sequenceAllocation(group: number): number;
  setSequenceAllocation(group: number, sequences: number): void;
  sequenceOccupancy(group: number): number;
  classBandwidth(cos: number): number;
  setClassBandwidth(cos: number, percent: number): void;
}

/** The device's domains but for those of its tenants. */
export function ownDomains(device: TreeDevice): Domain[] {
  const tenants = device.virtualDevices();
  const theirs = new Set(tenants.flatMap((each) => each.domains().map(([, domain]) => domain)));
  return device.domains().filter((domain) => !theirs.has(domain));
}
