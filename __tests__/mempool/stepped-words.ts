/**
 * `#words` with a hook before every step, so that a test can stop a thread between any two of them:
 * let another thread go on there, or let it die.
 *
 * Between two calls of `#words` the pool writes no shared memory, so these are all the moments
 * there are.
 */
export interface Hook {
  /** Called before each step, with the function's name and the word it is about. */
  before: (step: string, at: number) => void;
}

const nothing = (): void => undefined;
export const hook: Hook = { before: nothing };

/** Thrown by a hook: the thread ends here, and its step is not done. */
export class Died extends Error {}

/** Runs `thread` with the hook, which is gone afterwards. Returns false if the thread died. */
export function runHooked(before: Hook['before'], thread: () => void): boolean {
  hook.before = before;
  try {
    thread();
    return true;
  } catch (error) {
    if (error instanceof Died) return false;
    throw error;
  } finally {
    hook.before = nothing;
  }
}

/** Runs `thread` until just before its step number `last`. Returns false if it did not get through. */
export function runUpTo(last: number, thread: () => void): boolean {
  let step = 0;
  return runHooked(() => {
    if (step++ === last) throw new Died();
  }, thread);
}

/** Runs `thread`; just before its step number `at`, `other` runs from start to end. Returns false
 *  if `thread` has no such step. */
export function runInterrupted(at: number, thread: () => void, other: () => void): boolean {
  let step = 0;
  let reached = false;
  runHooked(() => {
    if (step++ !== at) return;
    reached = true;
    const resume = hook.before;
    hook.before = nothing;
    other();
    hook.before = resume;
  }, thread);
  return reached;
}

/** What `jest.unstable_mockModule('#words', …)` puts in the place of lib/memory/words.ts. */
export const steppedWords = {
  publish(words: Int32Array, at: number, value: number): void {
    hook.before('publish', at);
    Atomics.store(words, at, value);
  },
  observe(words: Int32Array, at: number): number {
    hook.before('observe', at);
    return Atomics.load(words, at);
  },
  swapIf(words: Int32Array, at: number, expected: number, next: number): number {
    hook.before('swapIf', at);
    return Atomics.compareExchange(words, at, expected, next);
  },
  swap(words: Int32Array, at: number, value: number): number {
    hook.before('swap', at);
    return Atomics.exchange(words, at, value);
  },
  addTo(words: Int32Array, at: number, value: number): number {
    hook.before('addTo', at);
    return Atomics.add(words, at, value);
  },
  setBits(words: Int32Array, at: number, bits: number): number {
    hook.before('setBits', at);
    return Atomics.or(words, at, bits);
  },
  clearBits(words: Int32Array, at: number, bits: number): number {
    hook.before('clearBits', at);
    return Atomics.and(words, at, ~bits);
  },
};
