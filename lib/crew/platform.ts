/** Which classes are the platform's: what their instances hold is not in properties, so a copy of the properties is
 *  an empty object. */
import { types } from 'node:util';
import { viewName } from './views.js';

const MODULES = [
  'async_hooks',
  'buffer',
  'child_process',
  'crypto',
  'dgram',
  'net',
  'perf_hooks',
  'stream',
  'string_decoder',
  'util',
  'vm',
  'worker_threads',
];
const prototypeOf = Object.getPrototypeOf as (value: object) => object;
/** What iterators and generators inherit from: they have no name among the globals of each version. */
const ITERATORS: ReadonlySet<object> = new Set([
  prototypeOf(prototypeOf([].values())),
  prototypeOf(prototypeOf(async function* none() {}.prototype as object)),
]);
const verdicts = new WeakMap<object, boolean>();

/** Whether the object's class is one of the platform's, or derived from one. */
export function isPlatform(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null) return false;
  const known = verdicts.get(prototype);
  if (known !== undefined) return known;
  const verdict = lineage(value).some(isOfPlatform);
  verdicts.set(prototype, verdict);
  return verdict;
}

/** The prototypes of an object, nearest first, without the last: that is every object's. */
export function lineage(value: object): object[] {
  const prototypes: object[] = [];
  let prototype = Object.getPrototypeOf(value) as object | null;
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype) as object | null) {
    prototypes.push(prototype);
  }
  return prototypes.slice(0, -1);
}

/** Name of the class that the prototype belongs to; undefined when it has none. */
export function className(prototype: object): string | undefined {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof made !== 'function') return undefined;
  const name: unknown = Object.getOwnPropertyDescriptor(made, 'name')?.value;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** What to call the type of a value in a message. Does not throw. */
export function typeName(value: unknown): string {
  if (typeof value !== 'object') return typeof value;
  if (value === null) return 'null';
  if (types.isProxy(value)) return 'Proxy';
  try {
    const [nearest] = lineage(value).flatMap((each) => className(each) ?? tagOf(each) ?? []);
    return nearest ?? (ArrayBuffer.isView(value) ? viewName(value) : 'Object');
  } catch {
    return 'Object';
  }
}

/** What a prototype of the language without a class of its own is called. */
function tagOf(prototype: object): string | undefined {
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value;
  return typeof tag === 'string' ? tag : undefined;
}

function isOfPlatform(prototype: object): boolean {
  if (ITERATORS.has(prototype)) return true;
  const name = className(prototype);
  if (name === undefined) return false;
  const global = Object.getOwnPropertyDescriptor(globalThis, name);
  // A global that a program has set is enumerable.
  if (global?.enumerable === false && isPrototypeOf(globalThis, name, prototype)) return true;
  const { WebAssembly: wasm } = globalThis as { WebAssembly?: object };
  const holders = [wasm, Intl, ...MODULES.map((module) => process.getBuiltinModule(module))];
  return holders.some((holder) => isPrototypeOf(holder, name, prototype));
}

function isPrototypeOf(holder: unknown, name: string, prototype: object): boolean {
  if (holder === undefined || !Object.hasOwn(holder as object, name)) return false;
  const { [name]: found } = holder as Record<string, { prototype?: unknown } | undefined>;
  return found?.prototype === prototype;
}
