export { applyDocument } from './apply.js';
export type { DeviceDocument, DomainDocument, PortDocument } from './document.js';
export { documentSchema } from './schema.js';
export { snapshotOf } from './snapshot.js';
export type { TreeDevice } from './subject.js';
export { DeviceTree, escapedName, nameOf } from './tree.js';
export type {
  NodeDescription,
  NodeEntry,
  NodeType,
  TreeChange,
  TreeValue,
  TreeWatchOptions,
} from './value.js';
