/**
 * Where the models differ in what a specification may say.
 *
 * A host device is sized for software; a DLB has the limits of the hardware, and its defaults are those of the driver,
 * libdlb and DPDK.
 */
import { DlbError } from '../eventdev/errors.js';
import * as limits from '../eventdev/limits.js';
import type { PortSpec, QueueType } from '../eventdev/spec.js';
import type { CheckedPort } from './spec-check.js';
import * as field from './fields.js';
import { CLASSES } from './ledger/names.js';

/** Deals out slots of sequence numbers to the queues of one specification. */
export interface SlotPicker {
  /** Sequence numbers of a slot; left out: those of the first group with a free slot.
   *  @throws DlbError ERR_DLB_SEQUENCE_NUMBERS_UNAVAILABLE */
  pick(sequences: unknown, at: string): number;
  /** Slots picked, by group. */
  readonly picked: readonly number[];
}

/** Of a DLB; null: of a host device. */
export type Rules = { readonly slots: SlotPicker } | null;

/** Which queue can have atomic, and which ordered events. */
export function mayBe(type: QueueType, one: 'atomic' | 'ordered'): boolean {
  return type === one || type === 'any';
}

/** @throws DlbError ERR_DLB_FEATURE_UNAVAILABLE for what another model has */
export function onlyOfDlb(rules: Rules, value: unknown, at: string): void {
  if (rules === null && value !== undefined) {
    throw new DlbError('ERR_DLB_FEATURE_UNAVAILABLE', 'a host device has no such thing', {
      field: at,
      value,
    });
  }
}

export function flowsOf(rules: Rules, flows: unknown, type: QueueType, at: string): number {
  if (rules === null) {
    const range = { min: 1, max: limits.FLOWS_MAX, fallback: limits.FLOWS_DEFAULT };
    return field.powerOfTwo(flows, at, range);
  }
  // Without atomic events nobody looks at it.
  if (flows === undefined || !mayBe(type, 'atomic')) return limits.DLB_FLOWS_DEFAULT;
  if ((limits.DLB_FLOWS as readonly unknown[]).includes(flows)) return flows as number;
  const allowed = limits.DLB_FLOWS.join(' | ');
  throw field.invalid(at, flows, allowed, 'ERR_DLB_INVALID_LOCK_ID_COMP_LEVEL');
}

export function sequencesOf(rules: Rules, sequences: unknown, type: QueueType, at: string): number {
  if (rules === null || !mayBe(type, 'ordered')) {
    const range = { min: 1, max: limits.SEQUENCES_MAX, fallback: limits.SEQUENCES_DEFAULT };
    return field.powerOfTwo(sequences, at, range);
  }
  return rules.slots.pick(sequences, at);
}

export function atomicInflightsOf(
  rules: Rules,
  value: unknown,
  type: QueueType,
  at: string,
): number {
  onlyOfDlb(rules, value, at);
  if (rules === null) return 0;
  const fallback = mayBe(type, 'atomic') ? limits.DLB_ATOMIC_INFLIGHTS_DEFAULT : 0;
  return field.wholeNumber(value, at, {
    min: 0,
    max: limits.MODELS['dlb2.0'].atomicInflights,
    fallback,
  });
}

/** Deepest CQ, and the depth of one that does not say; null: it adapts. */
export function depthsOf(rules: Rules): { readonly max: number; readonly fallback: number | null } {
  if (rules === null) return { max: limits.DEQUEUE_DEPTH_MAX, fallback: null };
  return { max: limits.DLB_DEQUEUE_DEPTH_MAX, fallback: limits.DLB_DEQUEUE_DEPTH_DEFAULT };
}

/** 0: no limit. */
export function historyOf(rules: Rules, value: unknown, at: string): number {
  if (rules !== null && value === undefined) return limits.DLB_HISTORY_DEPTH_DEFAULT;
  const code = 'ERR_DLB_INVALID_HIST_LIST_DEPTH';
  return field.limit(value, at, { max: limits.EVENTS_LIMIT_MAX, code });
}

export function cosOf(rules: Rules, cos: unknown, at: string): number | null {
  onlyOfDlb(rules, cos, at);
  if (cos === undefined) return null;
  return field.wholeNumber(cos, at, { min: 0, max: CLASSES - 1, code: 'ERR_DLB_INVALID_COS_ID' });
}

export function kindOf(rules: Rules, kind: PortSpec['kind'], at: string): CheckedPort['kind'] {
  onlyOfDlb(rules, kind, at);
  return kind === undefined ? null : field.oneOf(kind, at, ['loadBalanced', 'directed'] as const);
}
