/**
 * What becomes of a value on its way to another thread, and what cannot go.
 *
 * The serialiser refuses what has no copy, such as a function, but makes `{}` of an object whose content is not in
 * properties, such as a URL, and says nothing. So a value is looked through before.
 */
import { types } from 'node:util';
import { isPlatform, typeName } from './platform.js';
import { define } from './told.js';

/** How deep a value may be nested: what a thread of any kind can read. The stack that the serialiser needs for one
 *  level is up to 600 bytes, and the main thread's is 984 KiB. */
export const DEPTH_MAX = 1000;
/** Characters of a path that are told. */
const PATH_MAX = 100;
/** Longer arrays are not looked through for properties that have names. */
const NAMED_MAX = 8;

/** What a value contains beside plain data; bits. */
export const CONTAINS = {
  NOTHING: 0,
  /** Views of memory. */
  VIEWS: 1,
  ERRORS: 2,
  SHARED_MEMORY: 4,
} as const;

/** Where something is that cannot go. */
export interface Hindrance {
  readonly path: string;
  /** What it is. */
  readonly type: string;
}

const FORM = {
  LIST: 0,
  /** With properties, also of a class of the user's. */
  OBJECT: 1,
  MAP: 2,
  SET: 3,
  /** Copied by the serialiser, with nothing in it to look at. */
  LEAF: 4,
  VIEW: 5,
  ERROR: 6,
  SHARED_MEMORY: 7,
  /** Not carried. */
  PLATFORM: 8,
} as const;

/** Is told of what cannot go, and throws unless it may stay all the same. */
export type Refuse = (hindrance: Hindrance, part: unknown) => void;

/** Looks through a value. Returns what it contains. @throws what `refuse` throws. */
export function lookThrough(value: unknown, refuse: Refuse): number {
  if (isPrimitive(value)) return CONTAINS.NOTHING;
  const look = new Look(refuse);
  look.member('value', value);
  return look.found;
}

class Look {
  found = 0;
  readonly #refuse: Refuse;
  readonly #path: string[] = [];
  readonly #seen = new Set<object>();

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  member(key: string, value: unknown): void {
    if (isPrimitive(value)) return;
    this.#path.push(key);
    if (typeof value !== 'object' || value === null) this.#hindered(typeName(value), value);
    else if (!this.#seen.has(value)) {
      this.#seen.add(value);
      this.#object(value);
    }
    this.#path.pop();
  }

  #object(value: object): void {
    if (this.#path.length > DEPTH_MAX) return this.#hindered(`more than ${DEPTH_MAX} levels`);
    switch (formOf(value)) {
      case FORM.LIST:
        return this.#list(value as readonly unknown[]);
      case FORM.OBJECT:
        return this.#properties(value);
      case FORM.MAP:
        for (const [key, entry] of entriesOf(value)) {
          this.member(' key', key);
          this.member(' entry', entry);
        }
        return;
      case FORM.SET:
        for (const [entry] of entriesOf(value)) this.member(' entry', entry);
        return;
      case FORM.VIEW:
        if (isDetached(value as ArrayBufferView))
          this.#hindered('a view of memory that is gone', value);
        this.found |= CONTAINS.VIEWS;
        return;
      case FORM.ERROR:
        this.found |= CONTAINS.ERRORS;
        return;
      case FORM.SHARED_MEMORY:
        this.found |= CONTAINS.SHARED_MEMORY;
        return;
      case FORM.PLATFORM:
        return this.#hindered(typeName(value), value);
      default:
        return;
    }
  }

  #list(list: readonly unknown[]): void {
    for (let i = 0; i < list.length; i++) {
      const member = list[i];
      // It has holes, maybe many.
      if (member === undefined && !(i in list)) return this.#properties(list);
      if (!isPrimitive(member)) this.member(`[${i}]`, member);
    }
    if (list.length <= NAMED_MAX && Object.keys(list).length > list.length) this.#properties(list);
  }

  #properties(object: object): void {
    for (const key of Object.keys(object)) {
      const member: unknown = object[key as never];
      if (!isPrimitive(member)) this.member(`.${key}`, member);
    }
  }

  #hindered(type: string, part?: unknown): void {
    const path = this.#path.join('');
    const isLong = path.length > PATH_MAX;
    this.#refuse({ path: isLong ? `${path.slice(0, PATH_MAX)}...` : path, type }, part);
  }
}

/**
 * A copy of a value that was looked through, with something else in the place of some of what is in it.
 * @param replace returns what is put in the place of an object; undefined to leave it.
 */
export function copyWith(value: unknown, replace: (part: object) => object | undefined): unknown {
  const copies = new Map<object, object>();
  const copyOf = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    const [copy, fill] = begun(part, replace, copyOf);
    // It may lead back to itself.
    copies.set(part, copy);
    fill();
    return copy;
  };
  return copyOf(value);
}

function begun(
  part: object,
  replace: (part: object) => object | undefined,
  copyOf: (part: unknown) => unknown,
): readonly [copy: object, fill: () => void] {
  const other = replace(part);
  const form = other === undefined ? formOf(part) : FORM.LEAF;
  if (form === FORM.MAP) {
    const map = new Map<unknown, unknown>();
    const fill = (): void => entriesOf(part).forEach(([k, v]) => map.set(copyOf(k), copyOf(v)));
    return [map, fill];
  }
  if (form === FORM.SET) {
    const set = new Set<unknown>();
    return [set, () => entriesOf(part).forEach(([member]) => set.add(copyOf(member)))];
  }
  if (form !== FORM.LIST && form !== FORM.OBJECT) return [other ?? part, () => {}];
  const copy: object =
    form === FORM.OBJECT ? {} : Object.assign([], { length: (part as unknown[]).length });
  const fill = (): void => {
    for (const key of Object.keys(part)) define(copy, key, copyOf(part[key as never]), true);
  };
  return [copy, fill];
}

function isPrimitive(value: unknown): boolean {
  const type = typeof value;
  return type === 'object' ? value === null : type !== 'function' && type !== 'symbol';
}

function formOf(value: object): number {
  // First: nothing of a proxy can be asked without its handler.
  if (types.isProxy(value)) return FORM.PLATFORM;
  if (Array.isArray(value)) return FORM.LIST;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return FORM.OBJECT;
  if (ArrayBuffer.isView(value)) return FORM.VIEW;
  if (types.isMap(value)) return FORM.MAP;
  if (types.isSet(value)) return FORM.SET;
  if (isError(value)) return FORM.ERROR;
  if (types.isSharedArrayBuffer(value)) return FORM.SHARED_MEMORY;
  if (types.isDate(value) || types.isArrayBuffer(value)) return FORM.LEAF;
  if (types.isRegExp(value) || types.isBoxedPrimitive(value)) return FORM.LEAF;
  return isPlatform(value) ? FORM.PLATFORM : FORM.OBJECT;
}

export function isError(value: object): boolean {
  return types.isNativeError(value) || value instanceof DOMException;
}

/** Of a map: key and value; of a set: the member twice. Not by its own iterator, which may be another. */
function entriesOf(value: object): [unknown, unknown][] {
  const of: object = types.isMap(value) ? Map.prototype : Set.prototype;
  return [...(of as Set<unknown>).entries.call(value as Set<unknown>)];
}

/** Its memory was transferred. */
function isDetached(view: ArrayBufferView): boolean {
  if (view.byteLength > 0 || types.isSharedArrayBuffer(view.buffer)) return false;
  try {
    return new Uint8Array(view.buffer).length < 0;
  } catch {
    return true;
  }
}
