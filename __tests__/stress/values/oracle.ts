/** What has to become of a value of the grammar behind the stages' codecs. */
import { isDeepStrictEqual, types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import type { Codec } from '../../../lib/index.js';
import type { Item } from './deeds.js';
import { makeOdd } from './deeds.js';
import { SORTS } from './grammar.js';
import type { Law } from './grammar.js';

/** What may become of an odd value: one of `values`, or a failure if `mayFail`. */
export interface Verdict {
  readonly values: readonly unknown[];
  readonly mayFail: boolean;
  readonly law: Law;
  /** Any other value will do. */
  readonly isOpen?: boolean;
}

export const FAILS: Verdict = { values: [], mayFail: true, law: 'carried' };
/** An error's message may be cut. */
const MESSAGE_KEPT = 200;

/** An item whose deed is to return something. */
export async function verdictOf(item: Item, codecs: readonly Codec[]): Promise<Verdict> {
  const deed = item.deed!;
  const { law } = SORTS[deed.sort]!;
  const rest = codecs.slice(deed.stage);
  let value: unknown;
  try {
    value = deed.isLast ? await makeOdd(deed) : makeOdd(deed);
  } catch {
    return FAILS;
  }
  if (value === undefined) return { values: [undefined], mayFail: false, law };
  const hasJson = rest.includes('json');
  // More of an error arrives than a structured clone has of it, and JSON makes something else of that.
  const isOpen = hasJson && !deed.isLast && law !== 'carried';
  try {
    // On its way to another stage it is a property, which JSON may leave out.
    const { odd: clone } = rest.reduce<unknown>(hop, { odd: value }) as { odd?: unknown };
    if (deed.isLast && hasJson && clone === undefined) return FAILS;
    // JSON changes what it does not know, as its users know.
    const mayFail = law !== 'carried' || (hasJson && !isSame(clone, value));
    const isKept = law === 'kept' && !hasJson;
    if (isKept) return { values: [value], mayFail, law };
    // More of an error arrives than a structured clone has of it.
    const text = hasJson ? (hop({ odd: value }, 'json') as { odd?: unknown }).odd : value;
    return { values: [clone, value, text], mayFail, law: 'told', isOpen };
  } catch {
    if (law === 'carried') return FAILS;
    return { values: [value], mayFail: true, law, isOpen };
  }
}

function hop(value: unknown, codec: Codec): unknown {
  if (codec === 'json') return JSON.parse(JSON.stringify(value)) as unknown;
  // By the serialiser of threads in both directions: what can be written may yet be too deep to read.
  return deserialize(serialize(structuredClone(value as object)));
}

/** Whether a value is one of those that were expected. */
export function isOneOf(actual: unknown, { values, law, isOpen = false }: Verdict): boolean {
  return isOpen || values.some((value) => (law === 'kept' ? isOfOneClass : isSame)(actual, value));
}

/** Whether values of others are among those that it may be: then it is looked for when those are found. */
export function isVague({ values, isOpen = false }: Verdict): boolean {
  return isOpen || values.some((value) => types.isNativeError(value) && messageOf(value) === '?');
}

function isOfOneClass(a: unknown, b: unknown): boolean {
  return Object.prototype.toString.call(a) === Object.prototype.toString.call(b);
}

/** Errors by what they say; bytes by their content, so that a Buffer equals a Uint8Array. */
function isSame(a: unknown, b: unknown): boolean {
  if (types.isNativeError(a) && types.isNativeError(b)) return isSameError(a, b);
  if (a instanceof DOMException && b instanceof DOMException) return isSameError(a, b);
  if (types.isDate(a) && types.isDate(b)) return Object.is(a.getTime(), b.getTime());
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  try {
    return isDeepStrictEqual(a, b);
  } catch {
    // Too deep to compare: nobody claims more than that it is the same outside.
    return isOfOneClass(a, b);
  }
}

function isSameError(a: Error, b: Error): boolean {
  const messages = [messageOf(a), messageOf(b)];
  return messages[0] === messages[1] || messages.includes('?');
}

/** `?` for one that cannot be read. */
function messageOf(error: Error): string {
  try {
    return error.message.slice(0, MESSAGE_KEPT);
  } catch {
    return '?';
  }
}
