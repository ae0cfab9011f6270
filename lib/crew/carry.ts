/**
 * What becomes of a value on its way to another thread, and what cannot go.
 *
 * The serialiser refuses what has no copy, such as a function, but makes `{}` of an object whose content is not in
 * properties, such as a URL, and says nothing. So a value is looked through before.
 */
import { inspect, types } from 'node:util';
import { pathOf } from './path-of.js';
import { isMany, MANY_NAME } from './many.js';
import { isPlatform, typeName } from './platform.js';
import { define } from './told.js';

/** How deep a value may be nested: what a thread of any kind can read. The stack that the serialiser needs for one
 *  level is up to 600 bytes, and the main thread's is 984 KiB. */
export const DEPTH_MAX = 1000;
/** Members of an array whose keys are listed to see whether it has properties with names. */
const LISTED_MAX = 64;
/** The last key of an array without others, by length. */
const LAST_KEYS = Array.from({ length: LISTED_MAX + 1 }, (_, length) => {
  return length === 0 ? undefined : String(length - 1);
});
/** What `inspect` says of a longer one that has none: it does not look at the members then. */
const UNNAMED = /^\[ \.\.\. \d+ more items \]$/;
const MEMBERS_LEFT_OUT = {
  maxArrayLength: 0,
  depth: 0,
  breakLength: Infinity,
  colors: false,
  customInspect: false,
  getters: false,
  showHidden: false,
} as const;
/** Fewer than `DEPTH_MAX`, so that a circle is noticed before it looks deep. */
const UNTRACKED_LOOKS = 128;

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
  /** Not carried either. */
  MANY: 9,
} as const;

/** Is told of what cannot go, and throws unless it may stay all the same. */
export type Refuse = (hindrance: Hindrance, part: unknown) => void;

/** Looks through a value. Returns what it contains. @throws what `refuse` throws. */
export function lookThrough(value: unknown, refuse: Refuse): number {
  if (isPrimitive(value)) return CONTAINS.NOTHING;
  const look = new Look(refuse);
  look.member('value', value, 0);
  return look.found;
}

class Look {
  found = 0;
  readonly #refuse: Refuse;
  /** By depth; put together when something is refused. */
  readonly #path: (string | number)[] = [];
  #looks = 0;
  /** Most values are small: only after some looks it matters what was looked at before. */
  #seen: Set<object> | undefined;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  /** A member that is not primitive. */
  member(key: string | number, member: unknown, depth: number): void {
    this.#path[depth] = key;
    if (typeof member !== 'object') return this.#hindered(typeName(member), member, depth);
    const value = member as object;
    if (this.#seen !== undefined) {
      if (this.#seen.has(value)) return;
      this.#seen.add(value);
    } else if (++this.#looks === UNTRACKED_LOOKS) this.#seen = new Set();
    if (depth === DEPTH_MAX) {
      return this.#hindered(`more than ${DEPTH_MAX} levels`, undefined, depth);
    }
    const form = formOf(value);
    if (form === FORM.OBJECT) this.#properties(value, depth + 1);
    else if (form === FORM.LIST) this.#list(value as readonly unknown[], depth + 1);
    else this.#other(form, value, depth);
  }

  #other(form: number, value: object, depth: number): void {
    switch (form) {
      case FORM.MAP:
      case FORM.SET:
        return this.#entries(value, depth + 1);
      case FORM.VIEW:
        if (isDetached(value as ArrayBufferView)) {
          this.#hindered('a view of memory that is gone', value, depth);
        }
        this.found |= CONTAINS.VIEWS;
        return;
      case FORM.ERROR:
        this.found |= CONTAINS.ERRORS;
        return;
      case FORM.SHARED_MEMORY:
        this.found |= CONTAINS.SHARED_MEMORY;
        return;
      case FORM.MANY:
        return this.#hindered(MANY_NAME, value, depth);
      case FORM.PLATFORM:
        return this.#hindered(typeName(value), value, depth);
      default:
        return;
    }
  }

  #list(list: readonly unknown[], depth: number): void {
    for (let i = 0; i < list.length; i++) {
      const member = list[i];
      // It has holes, maybe many.
      if (member === undefined && !(i in list)) return this.#properties(list, depth);
      if (!isPrimitive(member)) this.member(i, member, depth);
    }
    if (mayHaveNamed(list)) this.#properties(list, depth);
  }

  #properties(object: object, depth: number): void {
    // Without a list of the keys. What is inherited is not carried.
    for (const key in object) {
      const member: unknown = object[key as never];
      if (!isPrimitive(member) && Object.hasOwn(object, key)) this.member(key, member, depth);
    }
  }

  #entries(entries: object, depth: number): void {
    for (const [key, entry] of entriesOf(entries)) {
      if (!isPrimitive(key)) this.member('<key>', key, depth);
      if (!isPrimitive(entry)) this.member('<entry>', entry, depth);
    }
  }

  #hindered(type: string, part: unknown, depth: number): void {
    this.#refuse({ path: pathOf(this.#path.slice(0, depth + 1)), type }, part);
  }
}

/** Whether an array without holes has properties with names. True when in doubt. The time that it takes does not
 *  grow with the array: a list of all keys takes longer than all else for a long one. */
export function mayHaveNamed(list: readonly unknown[]): boolean {
  const { length } = list;
  if (length <= LISTED_MAX) {
    const keys = Object.keys(list);
    return keys.length !== length || keys[length - 1] !== LAST_KEYS[length];
  }
  try {
    return !UNNAMED.test(inspect(list, MEMBERS_LEFT_OUT));
  } catch {
    return true;
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

export function isPrimitive(value: unknown): boolean {
  if (typeof value === 'object') return value === null;
  return typeof value !== 'function' && typeof value !== 'symbol';
}

function formOf(value: object): number {
  // First: nothing of a proxy can be asked without its handler.
  if (types.isProxy(value)) return FORM.PLATFORM;
  if (Array.isArray(value)) return FORM.LIST;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) === null) return FORM.OBJECT;
  // Without a prototype a view cannot be asked where it lies.
  if (ArrayBuffer.isView(value)) return prototype === null ? FORM.PLATFORM : FORM.VIEW;
  if (types.isMap(value)) return FORM.MAP;
  if (types.isSet(value)) return FORM.SET;
  if (isError(value)) return FORM.ERROR;
  if (types.isSharedArrayBuffer(value)) return FORM.SHARED_MEMORY;
  if (types.isDate(value) || types.isArrayBuffer(value)) return FORM.LEAF;
  if (types.isRegExp(value) || types.isBoxedPrimitive(value)) return FORM.LEAF;
  if (isMany(value)) return FORM.MANY;
  return isPlatform(value) ? FORM.PLATFORM : FORM.OBJECT;
}

export function isError(value: object): boolean {
  return types.isNativeError(value) || value instanceof DOMException;
}

/** What is in it, with the keys that a path has. */
export function membersOf(value: object): [key: string | number, member: unknown][] {
  const form = formOf(value);
  if (form === FORM.MAP || form === FORM.SET) {
    return entriesOf(value).flatMap(([key, entry]) => [
      ['<key>', key],
      ['<entry>', entry],
    ]);
  }
  if (form === FORM.OBJECT) return Object.entries(value);
  if (form !== FORM.LIST) return [];
  return Object.entries(value).map(([key, member]) => {
    return [String(Number(key)) === key ? Number(key) : key, member];
  });
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
