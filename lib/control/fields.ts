/** Checks of single fields: each error names the field by its path, the value and what is allowed. */
import { DlbError } from '../eventdev/errors.js';
import type { ErrorCode } from '../eventdev/errors.js';
import { small } from '../memory/small.js';

export function invalid(
  field: string,
  value: unknown,
  allowed: string,
  code: ErrorCode = 'ERR_DLB_INVALID_SPEC',
): DlbError {
  return new DlbError(code, `${field} must be ${allowed}`, { field, value });
}

/** A plain object with no other than the known fields. */
export function checkObject(value: unknown, field: string, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(field, value, 'an object');
  }
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    throw new DlbError('ERR_DLB_INVALID_SPEC', 'unknown field', {
      field: `${field}.${name}`,
      value: (value as Record<string, unknown>)[name],
      known: known.join(' '),
    });
  }
}

export function checkList(value: unknown, field: string, min: number, max: number): void {
  if (!Array.isArray(value)) throw invalid(field, value, 'an array');
  if (value.length < min || value.length > max) {
    throw invalid(`${field}.length`, value.length, `${min}..${max}`);
  }
  for (let i = 0; i < value.length; i++) {
    if (!(i in value)) throw invalid(`${field}[${i}]`, undefined, 'given: a list has no holes');
  }
}

/** A whole number within min..max; `fallback` when left out. */
export function wholeNumber(
  value: unknown,
  field: string,
  range: { min: number; max: number; fallback?: number; code?: ErrorCode },
): number {
  if (value === undefined && range.fallback !== undefined) return small(range.fallback);
  const { min, max } = range;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(field, value, `a whole number, ${min}..${max}`, range.code);
  }
  return small(value);
}

/** A limit that may be left out: a whole number from 1 on, 0 for none. */
export function limit(
  value: unknown,
  field: string,
  range: { max: number; code: ErrorCode },
): number {
  return value === undefined ? 0 : wholeNumber(value, field, { min: 1, ...range });
}

export function powerOfTwo(
  value: unknown,
  field: string,
  range: { min: number; max: number; fallback?: number; code?: ErrorCode },
): number {
  const n = wholeNumber(value, field, range);
  if ((n & (n - 1)) !== 0) {
    throw invalid(field, value, `a power of two, ${range.min}..${range.max}`, range.code);
  }
  return n;
}

export function oneOf<T extends string>(
  value: unknown,
  field: string,
  allowed: readonly T[],
  fallback?: T,
): T {
  if (value === undefined && fallback !== undefined) return fallback;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalid(field, value, allowed.join(' | '));
  return found;
}

export function flag(value: unknown, field: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalid(field, value, 'true or false');
  return value;
}

export function text(value: unknown, field: string, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value === '') throw invalid(field, value, 'a non-empty string');
  return value;
}

/** A function that tells its caller something. */
export function callback<T>(
  value: ((told: T) => void) | undefined,
  field: string,
  fallback: (told: T) => void,
): (told: T) => void {
  if (value === undefined) return fallback;
  if (typeof value !== 'function') throw invalid(field, value, 'a function');
  return value;
}

/** The feature is specified and comes with a later version. */
export function unavailable(field: string, value: unknown): DlbError {
  return new DlbError('ERR_DLB_FEATURE_UNAVAILABLE', `${field} is not available in this version`, {
    field,
    value,
  });
}
