/** The resources of a device, what they are called, and how their want is told. */
import type { ErrorCode } from '../../eventdev/errors.js';

/** Counted, in the order in which the DLB driver verifies them; ports, history and sequence numbers come in between.
 *  Memory, in bytes, is ours. */
export const COUNTED = [
  'domains',
  'queues',
  'directedPorts',
  'credits',
  'directedCredits',
  'atomicInflights',
  'memory',
] as const;
export type Counted = (typeof COUNTED)[number];
export type Counts = Record<Counted, number>;

export const CLASSES = 4;
export const GROUPS = 2;

/** Every name that a report or a quota may have. */
export type ResourceName =
  | Counted
  | 'ports'
  | 'historyEntries'
  | `classPorts${number}`
  | `sequenceSlots${number}`;

export const UNAVAILABLE: Record<
  Counted | 'ports' | 'historyEntries' | 'sequenceSlots',
  ErrorCode
> = {
  domains: 'ERR_DLB_DOMAIN_UNAVAILABLE',
  queues: 'ERR_DLB_LDB_QUEUES_UNAVAILABLE',
  ports: 'ERR_DLB_LDB_PORTS_UNAVAILABLE',
  directedPorts: 'ERR_DLB_DIR_PORTS_UNAVAILABLE',
  credits: 'ERR_DLB_LDB_CREDITS_UNAVAILABLE',
  directedCredits: 'ERR_DLB_DIR_CREDITS_UNAVAILABLE',
  atomicInflights: 'ERR_DLB_ATOMIC_INFLIGHTS_UNAVAILABLE',
  memory: 'ERR_DLB_NO_MEMORY',
  historyEntries: 'ERR_DLB_HIST_LIST_ENTRIES_UNAVAILABLE',
  sequenceSlots: 'ERR_DLB_SN_SLOTS_UNAVAILABLE',
};

export function noCounts(): Counts {
  return {
    domains: 0,
    queues: 0,
    directedPorts: 0,
    credits: 0,
    directedCredits: 0,
    atomicInflights: 0,
    memory: 0,
  };
}
