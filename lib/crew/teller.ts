/**
 * Tells an error as plain data: its name, message and stack, its code, causes and errors, its own properties, as
 * much as there is room for. A text in square brackets stands for what is left out.
 *
 * Errors are made by users, and anything of them may throw when it is read. Nothing here does.
 */
import { types } from 'node:util';
import { asBytes } from './bytes.js';
import { messageOf } from './message-of.js';
import { className, isPlatform, lineage, typeName } from './platform.js';
import { KNOWN } from './told.js';
import type { Entry, Property, Told, ToldError } from './told.js';
import { viewClass } from './views.js';

/** How much is told at most. */
export interface Budget {
  /** Properties, members and objects. */
  readonly values: number;
  /** Characters and bytes, all in all. */
  readonly length: number;
  /** Characters of one text. */
  readonly text: number;
  /** A cause is one deeper than its error. */
  readonly depth: number;
}

/** Most characters of a name, and of what stands for something. */
const SHORT = 200;
/** Bits of a bigint that is carried. */
const BITS_MAX = 4096;
/** Told before other properties, also those of the class. */
const FIRST = ['code', 'cause', 'errors'];
const TOLD_APART = new Set(['name', 'message', 'stack', ...FIRST]);

/** What was thrown; what cannot be carried at all becomes an error that says what it was. */
export function tell(thrown: unknown, budget: Budget): Told {
  const told = new Teller(budget).tell(thrown, 0);
  if (told[0] !== 'mark') return told;
  const message = told[1];
  const stack = `Error: ${message}`;
  return ['error', { known: 'Error', name: 'Error', message, stack, own: [] }];
}

class Teller {
  #values: number;
  #length: number;
  readonly #budget: Budget;
  /** What is being told: met again, it leads back to itself. */
  readonly #open = new Set<object>();

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#values = budget.values;
    this.#length = budget.length;
  }

  tell(value: unknown, depth: number): Told {
    switch (typeof value) {
      case 'string':
        return ['value', this.#cut(value)];
      case 'function':
        return this.#mark('function');
      case 'symbol':
        return this.#mark(String(value));
      case 'bigint':
        if (BigInt.asIntN(BITS_MAX, value) !== value) return this.#mark('bigint');
        return ['value', value];
      case 'object':
        return value === null ? ['value', null] : this.#guarded(value, depth);
      default:
        return ['value', value];
    }
  }

  #guarded(value: object, depth: number): Told {
    if (this.#open.has(value)) return this.#mark('circular');
    if (this.#isSpent || depth > this.#budget.depth) return this.#mark('truncated');
    this.#open.add(value);
    this.#values--;
    try {
      return this.#object(value, depth + 1);
    } catch (error) {
      return this.#mark(`${typeName(value)}, cannot be read: ${messageOf(error)}`);
    } finally {
      this.#open.delete(value);
    }
  }

  #object(value: object, depth: number): Told {
    if (isError(value)) return ['error', this.#error(value, depth)];
    if (Array.isArray(value)) return ['list', this.#members(value, depth)];
    if (types.isSet(value)) return ['set', this.#members([...value], depth)];
    if (types.isMap(value)) return ['map', this.#entries(value, depth)];
    if (types.isArrayBuffer(value) || ArrayBuffer.isView(value)) return this.#bytes(value);
    if (types.isDate(value)) return ['value', value];
    if (types.isRegExp(value) || types.isBoxedPrimitive(value)) return this.#mark(String(value));
    if (isPlatform(value)) return this.#mark(typeName(value));
    return ['object', this.#properties(value, Object.keys(value), depth)];
  }

  #error(error: Error, depth: number): ToldError {
    const known = knownClass(error);
    const name = textOf(error, 'name') ?? known;
    const whole = textOf(error, 'message') ?? '';
    const message = this.#cut(whole);
    const stack = textOf(error, 'stack') ?? `${name}: ${whole}`;
    // The message is in the stack again: cut there as well, there is room for what follows it.
    const shorter = message === whole ? stack : stack.replace(whole, () => message);
    const first = FIRST.filter((key) => isWorthTelling(error, key, known));
    const others = Object.getOwnPropertyNames(error).filter((key) => !TOLD_APART.has(key));
    const told = { known, name: name.slice(0, SHORT), message, stack: this.#cut(shorter, 2) };
    return { ...told, own: this.#properties(error, [...first, ...others], depth) };
  }

  #properties(object: object, keys: readonly string[], depth: number): Property[] {
    const one = (key: string): Property => {
      const { enumerable = false } = Object.getOwnPropertyDescriptor(object, key) ?? {};
      return [this.#cut(key), enumerable, this.#property(object, key, depth)];
    };
    return this.#bounded(keys, one, (rest) => ['...', true, rest]);
  }

  #property(object: object, key: string, depth: number): Told {
    try {
      return this.tell(object[key as never], depth);
    } catch (error) {
      return this.#mark(`cannot be read: ${messageOf(error)}`);
    }
  }

  #members(members: readonly unknown[], depth: number): Told[] {
    return this.#bounded(
      members,
      (member) => this.tell(member, depth),
      (rest) => rest,
    );
  }

  #entries(map: ReadonlyMap<unknown, unknown>, depth: number): Entry[] {
    const one = ([key, value]: readonly [unknown, unknown]): Entry => [
      this.tell(key, depth),
      this.tell(value, depth),
    ];
    return this.#bounded([...map], one, (rest) => [rest, rest]);
  }

  /** As `map`, as far as the budget goes; `end` makes one of the mark for the rest. */
  #bounded<T, R>(members: readonly T[], one: (member: T) => R, end: (rest: Told) => R): R[] {
    const told: R[] = [];
    for (let i = 0; i < members.length; i++) {
      if (this.#isSpent) return [...told, end(this.#mark(`${members.length - i} more`))];
      this.#values--;
      told.push(one(members[i]!));
    }
    return told;
  }

  #bytes(value: ArrayBuffer | ArrayBufferView): Told {
    const { byteLength } = value;
    if (byteLength > this.#length) {
      return this.#mark(`${typeName(value)} of ${byteLength} bytes`);
    }
    this.#length -= byteLength;
    if (!ArrayBuffer.isView(value)) return ['bytes', value.slice(0)];
    return ['view', new Uint8Array(asBytes(value)).buffer, viewClass(value)];
  }

  get #isSpent(): boolean {
    return this.#values <= 0 || this.#length <= 0;
  }

  #mark(text: string): Told {
    return ['mark', `[${text.slice(0, SHORT)}]`];
  }

  #cut(text: string, times = 1): string {
    const most = Math.max(0, Math.min(times * this.#budget.text, this.#length));
    this.#length -= Math.min(most, text.length);
    if (text.length <= most) return text;
    return `${text.slice(0, most)}... [${text.length} characters]`;
  }
}

/** An error by its making or its class, or something that can say what an error can. */
function isError(value: object): value is Error {
  if (types.isNativeError(value) || value instanceof Error) return true;
  return textOf(value, 'message') !== undefined && textOf(value, 'stack') !== undefined;
}

function knownClass(error: Error): string {
  for (const prototype of lineage(error)) {
    const name = className(prototype) ?? '';
    if (KNOWN.get(name)?.prototype === prototype) return name;
    // The same class of another realm, as of node:vm, or of another copy of this package, as a thread's own file is.
    if (name === 'DlbError' ? isOurs(error) : KNOWN.has(name)) return name;
  }
  return 'Error';
}

function isOurs(error: Error): boolean {
  return textOf(error, 'code')?.startsWith('ERR_DLB_') === true;
}

function isWorthTelling(error: Error, key: string, known: string): boolean {
  if (Object.hasOwn(error, key)) return true;
  if (known === 'DOMException' && key === 'code') return false;
  try {
    return error[key as never] !== undefined;
  } catch {
    return false;
  }
}

function textOf(object: object, key: string): string | undefined {
  try {
    const text: unknown = object[key as never];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
