/**
 * The only user of `Atomics` in softdlb, named by intent.
 *
 * JavaScript has two kinds of access to shared memory: sequentially consistent (`Atomics`, a call
 * of 17-27 ns) and plain (1.5-2 ns, unordered). So: content is written plainly, then one `publish`
 * makes it visible to whoever `observe`s it. A plain read may serve as a hint that something
 * moved; `observe` decides. Every ordering edge has a label, listed in lib/ring/README.md.
 *
 * Imported as `#words`, so that tests can replace it by module resolution. A mutable export would
 * cost a third of the speed.
 */

/** Makes everything written before visible to whoever observes this value. */
export function publish(words: Int32Array, at: number, value: number): void {
  // As `Atomics.store`, which took 14 ns on Node.js 20 where this took 7: the builtin behind it
  // converts and returns the value.
  Atomics.exchange(words, at, value);
}

/** Reads a published word. What its writer wrote before is visible afterwards. */
export function observe(words: Int32Array, at: number): number {
  return Atomics.load(words, at);
}

/** Publishes `next` if the word still is `expected`. Returns what it was. */
export function swapIf(words: Int32Array, at: number, expected: number, next: number): number {
  return Atomics.compareExchange(words, at, expected, next);
}

/** Publishes `value` and returns what the word was. */
export function swap(words: Int32Array, at: number, value: number): number {
  return Atomics.exchange(words, at, value);
}

/** Adds to a word that several threads write. Returns what it was. */
export function addTo(words: Int32Array, at: number, value: number): number {
  return Atomics.add(words, at, value);
}

/** Sets bits of a word that several threads write. Returns what it was. */
export function setBits(words: Int32Array, at: number, bits: number): number {
  return Atomics.or(words, at, bits);
}

/** Clears bits of a word that several threads write. Returns what it was. */
export function clearBits(words: Int32Array, at: number, bits: number): number {
  return Atomics.and(words, at, ~bits);
}

/** Blocks this thread while the word is `seen`, for at most `ms`. False on a time-out. */
export function park(words: Int32Array, at: number, seen: number, ms: number): boolean {
  return Atomics.wait(words, at, seen, ms) !== 'timed-out';
}

/** As `park`, without blocking: resolves false on a time-out. */
export function parkAsync(
  words: Int32Array,
  at: number,
  seen: number,
  ms: number,
): Promise<boolean> | true {
  const result = Atomics.waitAsync(words, at, seen, ms);
  return result.async ? result.value.then((how) => how !== 'timed-out') : true;
}

/** Wakes all threads parked on the word. */
export function wake(words: Int32Array, at: number): void {
  Atomics.notify(words, at);
}
