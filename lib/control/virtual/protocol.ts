/**
 * What a virtual device and its controller say to each other, and since which version.
 *
 * Every message is a plain object. A request has an id, and its response the same one; a notification has none and is
 * not answered. Commands are only ever added; each names the version that brought it.
 */
import type { Lent } from '../../eventdev/commands.js';
import type { ErrorCode } from '../../eventdev/errors.js';

/** The versions that this build speaks. */
export const VERSIONS = { min: 1, max: 2 } as const;

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Tenant to controller, with the version that brought each. */
export const TENANT_COMMANDS = {
  register: 1,
  unregister: 1,
  resources: 1,
  createDomain: 1,
  closeDomain: 1,
  start: 1,
  stop: 1,
  link: 1,
  unlink: 1,
  unlinksInProgress: 1,
  reclaim: 1,
  enablePort: 1,
  disablePort: 1,
  stats: 1,
  queueAttributes: 1,
  setQueueAttributes: 1,
  portAttributes: 1,
  raiseAlert: 1,
  nextAlert: 1,
  /** The device's, not a tenant's: answered with ERR_DLB_NOT_PERMITTED. */
  setSequenceAllocation: 1,
  setClassBandwidth: 1,
  why: 2,
  onRecovery: 2,
} as const satisfies Record<string, number>;

/** Controller to tenant. */
export const CONTROLLER_COMMANDS = {
  /** Asks whether it still has domains; answered from what the tenant knows itself. */
  inUse: 1,
  /** Reports what was inside a domain whose scheduler died; answered when its listener is through. */
  recovered: 2,
} as const satisfies Record<string, number>;

/** Controller to tenant, without an answer. */
export const NOTIFICATIONS = ['pre-reset', 'closed'] as const;

export type TenantCommand = keyof typeof TENANT_COMMANDS;
export type ControllerCommand = keyof typeof CONTROLLER_COMMANDS;

export interface RequestMessage {
  readonly kind: 'request';
  /** Rises by one; never used again. */
  readonly id: number;
  readonly command: string;
  readonly body: unknown;
}

export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: number;
  /** Absent on success. */
  readonly error?: WireError;
  readonly result?: unknown;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly name: string;
  readonly body: unknown;
}

/** A DlbError on its way to another thread. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Record<string, unknown>;
}

/** The body of `recovered`. */
export interface RecoveredBody {
  readonly domainId: number;
  readonly serial: number;
  /** Four words each. */
  readonly events: Int32Array;
  readonly why: string;
  readonly lent: readonly Lent[];
}

/** What a tenant did to be cut off. */
export const CUT_OFF_CAUSES = {
  messages: 'it sent more than 1000 messages within a second',
  time: 'its requests took too much time',
  waiting: 'more than 1000 of its messages waited',
  unanswered: 'more than 1000 of its requests were not answered yet',
} as const;
export type CutOffCause = keyof typeof CUT_OFF_CAUSES;
