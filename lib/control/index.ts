export { parsedJson, printable, printableJson, reasonOf } from '../eventdev/text.js';
export { createDomain, planDomain } from './create-domain.js';
export type { PlannedDomain } from './create-domain.js';
export { Domain } from './domain.js';
export * as fields from './fields.js';
export { ClassBandwidth } from './ledger/class-bandwidth.js';
export { openLedger, setMode } from './ledger/models.js';
export type { Ledger } from './ledger/models.js';
export type { Owner, ResourceCount, ResourceReport } from './ledger/owner.js';
export { QuotaOwner } from './ledger/quota.js';
export type { Quota } from './ledger/quota.js';
export { checkGroup } from './ledger/sequence-groups.js';
export { checkLimits } from './virtual/tenant-limits.js';
export { attachVirtualDevice } from './virtual/tenant-device.js';
export type { AttachOptions, TenantDevice } from './virtual/tenant-device.js';
export type { TenantDomain } from './virtual/tenant-domain.js';
export { VirtualDevice } from './virtual/virtual-device.js';
export type {
  TenantChannel,
  VirtualDeviceHandle,
  VirtualDeviceState,
} from './virtual/virtual-device.js';
export { Turns } from './virtual/turns.js';
export type { Recovered, RecoveryInfo, RecoveryListener } from './recovery.js';
export { domainFailed } from './seat.js';
export type { SchedulerSeat, SeatDied, SeatFailed } from './seat.js';
export type { XstatName, XstatsMode } from './xstats.js';
export type { Link } from './link-table.js';
export type { DomainAttributes, PortAttributes, WholeQueueAttributes } from './visible-domain.js';
export { applyDocument, DeviceTree, documentSchema, nameOf, snapshotOf } from './tree/index.js';
export type {
  DeviceDocument,
  DomainDocument,
  NodeDescription,
  NodeEntry,
  NodeType,
  PortDocument,
  TreeChange,
  TreeDevice,
  TreeValue,
  TreeWatchOptions,
} from './tree/index.js';
