/**
 * Errors, and whatever else is thrown, as plain data that crosses threads and can always be read there.
 *
 * Structured clone loses of an error all but name, message, stack and cause, makes `{}` of a DOMException, fails with
 * a function in a property, and cannot read again what leads back to itself or too deep. Here is what `teller.ts`
 * makes of them, and how it becomes an error again.
 */
import { DlbError } from '../eventdev/errors.js';
import { viewOf } from './views.js';

export type Told =
  /** As it is. */
  | readonly [kind: 'value', value: unknown]
  /** Stands for something that is not carried. */
  | readonly [kind: 'mark', text: string]
  | readonly [kind: 'bytes', content: ArrayBuffer]
  | readonly [kind: 'view', content: ArrayBuffer, viewClass: number]
  | readonly [kind: 'list' | 'set', members: readonly Told[]]
  | readonly [kind: 'map', entries: readonly Entry[]]
  | readonly [kind: 'object', properties: readonly Property[]]
  | readonly [kind: 'error', error: ToldError];
export type Entry = readonly [key: Told, value: Told];
export type Property = readonly [key: string, isEnumerable: boolean, value: Told];
export interface ToldError {
  /** The nearest class that both sides know. */
  readonly known: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly own: readonly Property[];
}

/** The classes of errors that both sides know, by name. */
export const KNOWN: ReadonlyMap<string, { readonly prototype: Error }> = new Map(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
    // Where Node has it.
    ...('SuppressedError' in globalThis ? [SuppressedError] : []),
    DOMException,
    DlbError,
  ].map((known) => [known.name, known]),
);

/** Something like what was told. */
export function untell(told: Told): unknown {
  switch (told[0]) {
    case 'value':
    case 'mark':
    case 'bytes':
      return told[1];
    case 'view':
      return viewOf(told[2], told[1]);
    case 'list':
      return told[1].map(untell);
    case 'set':
      return new Set(told[1].map(untell));
    case 'map':
      return new Map(told[1].map(([key, value]) => [untell(key), untell(value)]));
    case 'object':
      return withProperties({}, told[1]);
    case 'error':
      return withProperties(bareError(told[1]), told[1].own);
    default:
      throw new TypeError('these bytes are not of an error');
  }
}

function bareError({ known, name, message, stack }: ToldError): Error {
  const error = instanceOf(known, name, message);
  define(error, 'stack', stack, false);
  if (error.name !== name) define(error, 'name', name, false);
  return error;
}

function instanceOf(known: string, name: string, message: string): Error {
  if (known === 'DOMException') return new DOMException(message, name);
  // Its code is among its own properties.
  if (known === 'DlbError') return new DlbError('ERR_DLB_INTERNAL_ERROR', message);
  const like = KNOWN.get(known) as ErrorConstructor;
  return Reflect.construct<[string], Error>(Error, [message], like);
}

function withProperties<T extends object>(object: T, properties: readonly Property[]): T {
  for (const [key, isEnumerable, value] of properties) {
    define(object, key, untell(value), isEnumerable);
  }
  return object;
}

/** An own property, also where an assignment would do something else, as with `__proto__`. */
export function define(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}
