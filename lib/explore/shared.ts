/**
 * Shared memory under exploration: typed arrays whose plain accesses are seen, through a Proxy.
 *
 * Views of a shared buffer that a thread makes itself are seen as well: while an exploration runs,
 * the global constructors of 32-bit integers and of floats return such arrays for it.
 */
import { currentWorld } from './current.js';
import { misuse } from './errors.js';
import type { Naming, Region } from './memory.js';
import type { Element } from './operation.js';
import type { World } from './world.js';

/** The views whose elements are whole words. */
type View = Int32Array | Uint32Array | Float32Array | Float64Array;
const VIEWS = ['Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array'] as const;

interface Watched {
  readonly raw: View;
  readonly world: World;
  readonly region: Region;
  /** Number of its first word in all shared memory. */
  readonly first: number;
  readonly width: number;
}

const watched = new WeakMap<object, Watched>();

/**
 * Declares memory that the threads share, and returns its words. To be called in `memory`. With a
 * number, makes so many words; with a buffer, threads may make views of it themselves.
 *
 * What is not declared belongs to the thread that uses it.
 * @throws ExploreError misuse: no exploration is under way, or the buffer was declared before.
 */
export function shared(memory: number | ArrayBufferLike, naming: Naming = {}): Int32Array {
  const world = currentWorld();
  if (world === null || world.threads.length > 0) {
    throw misuse('shared() is called by the `memory` of a scenario only');
  }
  const buffer = typeof memory === 'number' ? new SharedArrayBuffer(memory * 4) : memory;
  if (world.memory.regionOf(buffer) !== undefined) {
    throw misuse('this buffer was declared before: make a view of it');
  }
  const region = world.memory.add(buffer, naming);
  return watch(world, region, region.words) as Int32Array;
}

/** Where element `at` of a view is, if its memory is shared and an exploration is under way. */
export function locate(
  view: View,
  at: number,
): { readonly world: World; readonly word: number; readonly element: Element } | null {
  const found = watched.get(view);
  if (found === undefined || found.world !== currentWorld()) return null;
  return { world: found.world, ...elementOf(found, at) };
}

/** While an exploration runs: views of shared buffers are watched. Returns what ends that. */
export function watchViews(world: World): () => void {
  const originals = VIEWS.map((name) => [name, globalThis[name]] as const);
  for (const [name, original] of originals) {
    setGlobal(
      name,
      new Proxy(original, {
        construct(target, given, newTarget): object {
          const view = Reflect.construct(target, given, newTarget) as View;
          const region = world.memory.regionOf(view.buffer);
          return region === undefined ? view : watch(world, region, view);
        },
      }),
    );
  }
  return () => {
    for (const [name, original] of originals) setGlobal(name, original);
  };
}

function setGlobal(name: (typeof VIEWS)[number], value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

function watch(world: World, region: Region, raw: View): View {
  const first = region.base + raw.byteOffset / 4;
  const entry = { raw, world, region, first, width: raw.BYTES_PER_ELEMENT / 4 };
  const proxy = new Proxy(raw, {
    get: (_, key) => (isIndex(key) ? readAt(entry, Number(key)) : propertyOf(entry, key)),
    set(_, key, value: number): boolean {
      if (!isIndex(key)) throw misuse(`${String(key)} of shared memory cannot be set`);
      writeAt(entry, Number(key), value);
      return true;
    },
  });
  watched.set(proxy, entry);
  return proxy;
}

function isIndex(key: string | symbol): boolean {
  if (typeof key !== 'string') return false;
  const first = key.codePointAt(0)!;
  return first >= 0x30 && first <= 0x39;
}

function elementOf(
  { raw, first, width }: Watched,
  at: number,
): { readonly word: number; readonly element: Element } {
  if (!(at >= 0 && at < raw.length)) throw misuse(`index ${at} is outside of shared memory`);
  const element = {
    width,
    get: (): number => raw[at]!,
    set(value: number): void {
      raw[at] = value;
    },
  };
  return { word: first + at * width, element };
}

function readAt(entry: Watched, at: number): number | undefined {
  if (entry.world.run === null || at >= entry.raw.length) return entry.raw[at];
  const { word, element } = elementOf(entry, at);
  return entry.world.plain('read', word, element);
}

function writeAt(entry: Watched, at: number, value: number): void {
  if (entry.world.run === null) entry.world.checkWritable();
  if (entry.world.run === null || at >= entry.raw.length) entry.raw[at] = value;
  else {
    const { word, element } = elementOf(entry, at);
    entry.world.plain('write', word, element, value);
  }
}

/** Methods go element by element, so that each access is seen. */
function propertyOf(entry: Watched, key: string | symbol): unknown {
  const { raw, world, region } = entry;
  switch (key) {
    case 'length':
    case 'buffer':
    case 'byteOffset':
    case 'byteLength':
    case 'BYTES_PER_ELEMENT':
    case 'constructor':
    case Symbol.toStringTag:
      return Reflect.get(raw, key);
    case 'subarray':
      return (from?: number, to?: number) => watch(world, region, raw.subarray(from, to));
    case 'slice':
      return (from?: number, to?: number) => {
        const copy = raw.slice(from, to);
        const start = raw.subarray(from, to).byteOffset - raw.byteOffset;
        const first = start / raw.BYTES_PER_ELEMENT;
        for (let i = 0; i < copy.length; i++) copy[i] = readAt(entry, first + i)!;
        return copy;
      };
    case 'set':
      return (source: ArrayLike<number>, at = 0) => {
        for (let i = 0; i < source.length; i++) writeAt(entry, at + i, source[i]!);
      };
    case 'fill':
      return (value: number, from?: number, to?: number) => {
        const part = raw.subarray(from, to);
        const first = (part.byteOffset - raw.byteOffset) / raw.BYTES_PER_ELEMENT;
        for (let i = 0; i < part.length; i++) writeAt(entry, first + i, value);
      };
    case Symbol.iterator:
      return function* elements() {
        for (let at = 0; at < raw.length; at++) yield readAt(entry, at)!;
      };
    default:
      throw misuse(`${String(key)} of shared memory is not watched: read and write its elements`);
  }
}
