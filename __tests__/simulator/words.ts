/**
 * `#words` for the simulator: as lib/memory/words.ts, but a port may be stopped between any two of
 * its accesses to shared memory, to die there or to let others go on.
 *
 * Takes the place of lib/memory/words.ts under the condition `simulate` of package.json. A port
 * whose thread is mortal is built over a proxy of its words, so that plain accesses are steps as
 * well. Everything runs on one thread: what a step lets happen happens inside of it.
 */

/** Thrown by a step: the thread ends here. */
export class Died extends Error {}

interface Steps {
  /** The code under way was built over a proxy. */
  proxied: boolean;
  /** Called before each of its accesses. */
  before: (() => void) | null;
  /** What a thread that parks leaves the others to do; true when it is woken. */
  parked: ((words: Int32Array, at: number, seen: number, ms: number) => boolean) | null;
}

export const steps: Steps = { proxied: false, before: null, parked: null };

const originals = new WeakMap<Int32Array, Int32Array>();
const proxies = new WeakMap<SharedArrayBuffer, Int32Array>();
const PlainInt32Array = Int32Array;

/** The words of a shared buffer, each access to which is a step. */
function mortalWords(buffer: SharedArrayBuffer): Int32Array {
  const known = proxies.get(buffer);
  if (known !== undefined) return known;
  const words = new PlainInt32Array(buffer);
  const proxy = new Proxy(words, {
    get(target, key) {
      if (typeof key === 'string') steps.before?.();
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set(target, key, value) {
      steps.before?.();
      return Reflect.set(target, key, value, target);
    },
  });
  originals.set(proxy, words);
  proxies.set(buffer, proxy);
  return proxy;
}

/** While `build` runs, views of shared memory are mortal. */
export function withMortalViews<T>(build: () => T): T {
  const make = function (source: number | SharedArrayBuffer): Int32Array {
    return typeof source === 'number' ? new PlainInt32Array(source) : mortalWords(source);
  };
  globalThis.Int32Array = make as unknown as Int32ArrayConstructor;
  try {
    return build();
  } finally {
    globalThis.Int32Array = PlainInt32Array;
  }
}

/** Lets others go on in the middle of a step, as threads of their own. */
export function aside(others: () => void): void {
  const { proxied, before, parked } = steps;
  const views = globalThis.Int32Array;
  Object.assign(steps, { proxied: false, before: null, parked: null });
  globalThis.Int32Array = PlainInt32Array;
  others();
  Object.assign(steps, { proxied, before, parked });
  globalThis.Int32Array = views;
}

/** The array behind a proxy, after a step. */
function step(words: Int32Array): Int32Array {
  steps.before?.();
  return originals.get(words) ?? words;
}

export function publish(words: Int32Array, at: number, value: number): void {
  Atomics.store(steps.proxied ? step(words) : words, at, value);
}

export function observe(words: Int32Array, at: number): number {
  return Atomics.load(steps.proxied ? step(words) : words, at);
}

export function swapIf(words: Int32Array, at: number, expected: number, next: number): number {
  return Atomics.compareExchange(steps.proxied ? step(words) : words, at, expected, next);
}

export function swap(words: Int32Array, at: number, value: number): number {
  return Atomics.exchange(steps.proxied ? step(words) : words, at, value);
}

export function addTo(words: Int32Array, at: number, value: number): number {
  return Atomics.add(steps.proxied ? step(words) : words, at, value);
}

export function setBits(words: Int32Array, at: number, bits: number): number {
  return Atomics.or(steps.proxied ? step(words) : words, at, bits);
}

export function clearBits(words: Int32Array, at: number, bits: number): number {
  return Atomics.and(steps.proxied ? step(words) : words, at, ~bits);
}

export function park(words: Int32Array, at: number, seen: number, ms: number): boolean {
  const plain = steps.proxied ? step(words) : words;
  if (Atomics.load(plain, at) !== seen) return true;
  return steps.parked?.(plain, at, seen, ms) ?? false;
}

/** Nothing in the simulator waits without blocking. */
export function parkAsync(): true {
  return true;
}

export function wake(words: Int32Array, at: number): void {
  Atomics.notify(steps.proxied ? step(words) : words, at);
}
