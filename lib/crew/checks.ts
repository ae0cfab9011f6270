/** Checks of what users pass to pools and pipelines; each names the field and the value. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import { types } from 'node:util';
import { DlbError } from '../eventdev/errors.js';
import { TIMER_MS_MAX } from '../eventdev/times.js';
import { CONTAINS, copyWith, lookThrough } from './carry.js';
import type { Hindrance } from './carry.js';
import { findRefused } from './find-refused.js';
import { messageOf } from './message-of.js';
import { isPlatform, typeName } from './platform.js';
import { viewClass, viewOf } from './views.js';

const LIMITS = new Set([
  'maxOldGenerationSizeMb',
  'maxYoungGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
]);

/** The module's URL. @throws DlbError ERR_DLB_INVALID_ARGUMENT when it is no URL and no absolute path. */
export function moduleUrl(field: string, module: unknown): string {
  // By its shape, not by `instanceof`: the URL may come from another realm.
  const url = (module as URL | undefined | null)?.href ?? module;
  if (typeof url === 'string') {
    if (isAbsolute(url)) return pathToFileURL(url).href;
    if (URL.canParse(url)) return url;
  }
  throw invalid(`${field} must be a URL or an absolute path`, field, module);
}

/**
 * Threads get a copy each, also those that come later: so what is handed to them is copied here, and later changes
 * reach none. What cannot be copied is refused here, where it can be named. Views in the copy have memory of their
 * own, so that they take no others' bytes along.
 */
export function cloneable(field: string, context: unknown): unknown {
  const refuse = (more: Record<string, unknown>): never => {
    throw invalid(`${field} cannot be cloned`, field, context, more);
  };
  let refusal: Partial<Hindrance> | undefined;
  const stop = (why: Partial<Hindrance>): never => {
    refusal = why;
    throw new TypeError(why.type);
  };
  try {
    const contains = lookThrough(context, (why, part) => void (isCopied(part) || stop(why)));
    const copy: unknown = structuredClone(context);
    if (contains === CONTAINS.NOTHING) return copy;
    return structuredClone(
      copyWith(context, (part) => {
        return part instanceof DOMException ? stop({ type: 'DOMException' }) : onItsOwn(part);
      }),
    );
  } catch (error) {
    if (refusal !== undefined) return refuse({ ...refusal });
    // Others are errors of getters.
    if (!isNotCloned(error)) return refuse({ reason: messageOf(error) });
    return refuse({ ...findRefused(context, isUncloneable) });
  }
}

/** Of the platform, and so is its copy. */
function isCopied(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  try {
    return isPlatform(structuredClone(part));
  } catch {
    return false;
  }
}

function isUncloneable(part: unknown): boolean {
  try {
    structuredClone(part);
    return false;
  } catch (error) {
    return isNotCloned(error);
  }
}

function isNotCloned(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'DataCloneError';
}

/** A copy of a view that is not of the whole of its memory. */
function onItsOwn(part: object): object | undefined {
  if (!ArrayBuffer.isView(part) || part.byteLength === part.buffer.byteLength) return undefined;
  if (types.isSharedArrayBuffer(part.buffer)) return undefined;
  const end = part.byteOffset + part.byteLength;
  return viewOf(viewClass(part), part.buffer.slice(part.byteOffset, end));
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT unless it is a whole number in the range. */
export function whole(field: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number')
    throw invalid(`${field} must be a number`, field, value, { min, max });
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid('option out of range', field, value, { min, max });
  }
  return value;
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT unless it is a number from 0 to 1. */
export function share(field: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalid('option out of range', field, value, { min: 0, max: 1 });
}

/** A time for a timer: whole milliseconds from `min` on.
 *  @throws DlbError ERR_DLB_INVALID_ARGUMENT, with the longest that it may be. */
export function timerMs(field: string, value: unknown, min: number): number {
  return whole(field, value, min, TIMER_MS_MAX);
}

/** The error for what is not `isTimeLimit`. */
export function noTimeLimit(field: string, value: unknown): DlbError {
  return invalid(`${field} is no time limit`, field, value, { min: 0, max: TIMER_MS_MAX });
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT for what is there and no AbortSignal. */
export function optionalSignal(field: string, value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  // By its shape, not by `instanceof`: it may come from another realm.
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function')
    return value as AbortSignal;
  throw invalid(`${field} must be an AbortSignal`, field, value);
}

/** An option that has an older name as well: the name that was given, and its value.
 *  @throws DlbError ERR_DLB_INVALID_ARGUMENT when both were. */
export function eitherName<N extends string>(
  options: { readonly [K in N]?: number },
  name: N,
  older: N,
): [name: N, value: number | undefined] {
  if (options[older] === undefined) return [name, options[name]];
  if (options[name] === undefined) return [older, options[older]];
  throw invalid(`${older} is the older name of ${name}: give one`, older, options[older], {
    [name]: options[name],
  });
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT for a field that is not known; `at` is what stands before its
 *  name. */
export function refuseUnknown(object: object, known: ReadonlySet<string>, at: string): void {
  for (const field of Object.keys(object)) {
    if (!known.has(field)) throw invalid('unknown option', at + field, object[field as never]);
  }
}

/** What somebody passes to a call. @throws DlbError ERR_DLB_INVALID_ARGUMENT unless it is an object, of fields
 *  that are known. */
export function checkOptions(options: unknown, known: ReadonlySet<string>): void {
  if (!isPlain(options)) throw invalid('options must be a plain object', 'options', options);
  refuseUnknown(options, known, '');
}

/** An object whose fields may be options: no array, signal or other instance of the platform's classes. */
export function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isPlatform(value);
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT unless it is a string with something in it. */
export function text(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${field} must be a string, and not empty`, field, value);
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT unless it is a boolean. */
export function flag(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(`${field} must be true or false`, field, value);
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT unless it is one of them. */
export function oneOf<T extends string>(field: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw invalid(`${field} must be one of ${allowed.join(', ')}`, field, value);
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT for what is there and no function. */
export function optionalFunction<F>(field: string, value: F): F {
  if (value === undefined || typeof value === 'function') return value;
  throw invalid(`${field} must be a function`, field, value);
}

/** What a thread may use, if that is limited. @throws DlbError ERR_DLB_INVALID_ARGUMENT for what is no such limit. */
export function threadLimits(limits: unknown): ResourceLimits | undefined {
  if (limits === undefined) return undefined;
  if (typeof limits !== 'object' || limits === null) {
    throw invalid('resourceLimits must be an object', 'resourceLimits', limits);
  }
  refuseUnknown(limits, LIMITS, 'resourceLimits.');
  for (const [limit, value] of Object.entries(limits)) {
    if (value === undefined || (typeof value === 'number' && value > 0)) continue;
    const field = `resourceLimits.${limit}`;
    throw invalid(`${field} must be a number above 0`, field, value);
  }
  // They hold for threads that come later as well.
  return { ...limits };
}

/** The error for a wrong argument: its message ends in the field and its value. */
export function invalid(
  what: string,
  field: string,
  value: unknown,
  more: Record<string, unknown> = {},
): DlbError {
  const details = { field, [field]: plain(value), ...more };
  return new DlbError('ERR_DLB_INVALID_ARGUMENT', what, details);
}

/** Something an error message can carry, whatever was passed. */
function plain(value: unknown): unknown {
  if (typeof value === 'function') return '[function]';
  if (typeof value === 'symbol') return value.toString();
  if (typeof value === 'object' && value !== null) return `[object ${typeName(value)}]`;
  return value;
}
