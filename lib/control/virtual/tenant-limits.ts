/** Limits that a controller sets for the domains of a tenant, beside its quota: the tenant may ask for less only. */
import { FAULT_LIMIT_MAX, WATCHDOG_MS_DEFAULT, WATCHDOG_MS_MAX } from '../../eventdev/limits.js';
import type { DomainSpec, TenantLimits } from '../../eventdev/spec.js';
import * as field from '../fields.js';

/** Faults of a tenant's port within a second, as the driver has it. */
const FAULT_LIMIT = 1000;

/** 0: no limit. */
export type CheckedLimits = Required<TenantLimits>;

/** Those of a tenant of which nothing was said. */
export function isUsual({ faultLimit, watchdogMs }: CheckedLimits): boolean {
  return faultLimit === FAULT_LIMIT && watchdogMs === 0;
}

/** @throws DlbError ERR_DLB_INVALID_SPEC */
export function checkLimits(limits: TenantLimits | undefined, at: string): CheckedLimits {
  if (limits === undefined) return { faultLimit: FAULT_LIMIT, watchdogMs: 0 };
  field.checkObject(limits, at, ['faultLimit', 'watchdogMs']);
  return {
    faultLimit: field.wholeNumber(limits.faultLimit, `${at}.faultLimit`, {
      min: 0,
      max: FAULT_LIMIT_MAX,
      fallback: FAULT_LIMIT,
    }),
    watchdogMs: field.wholeNumber(limits.watchdogMs, `${at}.watchdogMs`, {
      min: 0,
      max: WATCHDOG_MS_MAX,
      fallback: 0,
    }),
  };
}

/**
 * A tenant's specification with what it leaves out.
 * @throws DlbError ERR_DLB_NOT_PERMITTED that names the limit
 */
export function withinLimits(spec: unknown, limits: CheckedLimits): DomainSpec {
  // What is no specification is told where it is checked.
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) return spec as DomainSpec;
  const its = spec as DomainSpec;
  const { faultLimit, watchdogMs } = limits;
  return {
    ...its,
    faultLimit: within(its.faultLimit, faultLimit, faultLimit, 'spec.faultLimit'),
    watchdogMs: within(
      its.watchdogMs,
      watchdogMs,
      Math.min(watchdogMs || WATCHDOG_MS_DEFAULT, WATCHDOG_MS_DEFAULT),
      'spec.watchdogMs',
    ),
  };
}

function within(value: unknown, max: number, fallback: number, at: string): number {
  const code = 'ERR_DLB_NOT_PERMITTED';
  if (max === 0) return (value ?? fallback) as number;
  return field.wholeNumber(value, at, { min: 1, max, fallback, code });
}
