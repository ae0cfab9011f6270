/**
 * The one error class and the list of its codes.
 *
 * Codes are stable: 'ERR_DLB_' plus the DLB status where the driver has one. The message ends in
 * name=value pairs, made from `details`, of which `field` names what has to be changed. Whatever `details` hold, making
 * the message costs little, cannot fail, and leaves nothing in it that would move a terminal's cursor.
 */
import { printable, shown } from './text.js';

/** Every code that softdlb can throw, with what it means. */
export const ERROR_CODES = {
  ERR_DLB_ATOMIC_INFLIGHTS_UNAVAILABLE: 'the device has not that many atomic inflights left',
  ERR_DLB_ATTACHMENT_INVALID: 'the object is not a port attachment of this build',
  ERR_DLB_BURST_FULL: 'an event was pushed into a full EventBurst',
  ERR_DLB_CONTROL_UNAVAILABLE: 'the control socket or its loopback address cannot be had',
  ERR_DLB_DEVICE_CLOSED: 'the device is closed',
  ERR_DLB_DEVICE_RESETTING: 'the device is being reset',
  ERR_DLB_DIR_CREDITS_UNAVAILABLE: 'the device has not that many directed credits left',
  ERR_DLB_DIR_PORTS_UNAVAILABLE: 'the device has not that many directed ports left',
  ERR_DLB_DIR_QUEUE_LINKED: 'a directed queue is linked to another port already',
  ERR_DLB_DOMAIN_CLOSED: 'the domain is closed',
  ERR_DLB_DOMAIN_NOT_STARTED: 'the domain is not started',
  ERR_DLB_DOMAIN_RESET_FAILED: 'a reset left something behind, so nothing was given back',
  ERR_DLB_DOMAIN_STARTED: 'the domain is started',
  ERR_DLB_DOMAIN_UNAVAILABLE: 'the device has no free scheduling domain',
  ERR_DLB_FEATURE_UNAVAILABLE: 'the feature is not in this version',
  ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE: 'the device has no run of that many history entries left',
  ERR_DLB_INTERNAL_ERROR: 'a defect of softdlb: please report it',
  ERR_DLB_INVALID_ARGUMENT: 'an argument has the wrong type or value',
  ERR_DLB_INVALID_CAPACITY: 'an EventBurst capacity is out of range',
  ERR_DLB_INVALID_COS_ID: 'there is no such class of service',
  ERR_DLB_INVALID_CQ_DEPTH: 'a dequeueDepth is out of range or not a power of two',
  ERR_DLB_INVALID_DOMAIN_ID: 'there is no such domain',
  ERR_DLB_INVALID_HIST_LIST_DEPTH: 'a historyDepth is out of range',
  ERR_DLB_INVALID_LOCK_ID_COMP_LEVEL: 'a DLB does not compress flows to that many',
  ERR_DLB_INVALID_PATH: 'there is no such path in the configuration tree',
  ERR_DLB_INVALID_PORT_ID: 'there is no such port',
  ERR_DLB_INVALID_PRIORITY: 'a priority is outside 0..255',
  ERR_DLB_INVALID_QID: 'there is no such queue',
  ERR_DLB_INVALID_QID_INFLIGHT_ALLOCATION: 'inflights of a queue are out of range',
  ERR_DLB_INVALID_SPEC: 'a domain specification is wrong in the named field',
  ERR_DLB_JOB_FAILED: 'the parallel function of a job threw',
  ERR_DLB_LDB_CREDITS_UNAVAILABLE: 'the device has not that many credits left',
  ERR_DLB_LDB_PORTS_UNAVAILABLE: 'the device has not that many ports left',
  ERR_DLB_LDB_PORT_REQUIRED_FOR_LDB_QUEUES: 'queues without a port are of no use',
  ERR_DLB_LDB_QUEUES_UNAVAILABLE: 'the device has not that many queues left',
  ERR_DLB_MBOX_ERROR: 'the other end of a mailbox did not answer',
  ERR_DLB_MODULE_INVALID: 'a module does not load or has no parallel function',
  ERR_DLB_NOT_INLINE: 'schedule() belongs to a device opened with scheduling: inline',
  ERR_DLB_NOT_PERMITTED: 'what is asked for is not permitted here',
  ERR_DLB_NOT_SUPPORTED: 'the command is not known, or the other end is too old for it',
  ERR_DLB_NO_MEMORY: 'the memory that the specification needs cannot be had',
  ERR_DLB_NO_QID_SLOTS_AVAILABLE: 'all queue slots of the port are taken',
  ERR_DLB_PADATA_BUSY: 'a stream of a padata pool does one run at a time',
  ERR_DLB_PADATA_CLOSED: 'the padata pool, or the stream, is closed',
  ERR_DLB_PADATA_STOPPED: 'the padata pool is stopped and takes no jobs until it is started',
  ERR_DLB_PIPELINE_CLOSED: 'the pipeline is closed',
  ERR_DLB_PORT_IN_USE: 'the port is attached already',
  ERR_DLB_RANGE_FAILED: 'the range function threw, or its thread ended',
  ERR_DLB_SCHEDULER_FAILED: 'the scheduler worker ended or threw',
  ERR_DLB_SEQUENCE_NUMBERS_UNAVAILABLE: 'no group deals out that many sequence numbers',
  ERR_DLB_SERIAL_SET_EMPTY: 'no worker may run serial functions',
  ERR_DLB_SN_SLOTS_UNAVAILABLE: 'the device has no slot of sequence numbers left',
  ERR_DLB_STAGE_FAILED: 'a handler of a pipeline threw, or ended its threads',
  ERR_DLB_STREAMS_UNAVAILABLE: 'all streams of the padata pool are open',
  ERR_DLB_TENANT_CUT_OFF: 'a tenant asked too much of its controller, and is not heard any more',
  ERR_DLB_VDEVS_UNAVAILABLE: 'the device has as many virtual devices as it may have',
  ERR_DLB_VERSION_MISMATCH: 'controller and tenant speak no common version',
  ERR_DLB_WORKERS_LOST: 'all threads of a pool ended and new ones did not stay',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Thrown by the control plane, and by nothing on the data plane but a full EventBurst. */
export class DlbError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  readonly #what: string;

  constructor(code: ErrorCode, what: string, details: Record<string, unknown> = {}) {
    super(describe(what, details));
    this.name = 'DlbError';
    this.code = code;
    this.details = details;
    this.#what = what;
  }

  /** An error that was made elsewhere, its message complete. */
  static of(code: ErrorCode, message: string, details: Record<string, unknown>): DlbError {
    return Object.assign(new DlbError(code, message), { details: { ...details } });
  }

  /** The same error as a caller should read it who knows the field by another path. */
  restated(path: (field: string) => string, more: Record<string, unknown> = {}): DlbError {
    const { field } = this.details;
    const details =
      typeof field === 'string' ? { ...this.details, field: path(field) } : this.details;
    return new DlbError(this.code, path(this.#what), { ...details, ...more });
  }
}

/** Details for somebody else: plain values of limited size, whatever they are of. Never throws. */
export function plainDetails(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details)
      .slice(0, DETAILS_MAX)
      .map(([name, value]) => [name.slice(0, NAME_MAX), plain(value)]),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, TEXT_MAX);
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  return isPlain || value === null || value === undefined ? value : shown(value);
}

/** Of an error that is told; there are never so many but in one that came from elsewhere. */
const DETAILS_MAX = 32;
const NAME_MAX = 100;
const TEXT_MAX = 1000;
const WHAT_MAX = 4000;

function describe(what: string, details: Record<string, unknown>): string {
  const told = printable(what.slice(0, WHAT_MAX));
  const pairs = Object.entries(details)
    .slice(0, DETAILS_MAX)
    .map(([name, value]) => `${printable(name.slice(0, NAME_MAX))}=${shown(value)}`);
  return pairs.length === 0 ? told : `${told}: ${pairs.join(', ')}`;
}
