export { createDomain } from './create-domain.js';
export { Domain } from './domain.js';
export * as fields from './fields.js';
export { Resources } from './resources.js';
export type { ResourceReport } from './resources.js';
export { domainFailed } from './seat.js';
export type { SchedulerSeat, SeatFailed } from './seat.js';
export type { XstatName, XstatsMode } from './xstats.js';
export type { Link } from './link-table.js';
export type { DomainAttributes, PortAttributes, WholeQueueAttributes } from './visible-domain.js';
export { applyDocument, DeviceTree, documentSchema, snapshotOf } from './tree/index.js';
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
