/**
 * Items that are numbers, and carry their key and their place in it: item `n` is of key `n % KEYS`, of
 * which it is number `floor(n / KEYS)`.
 */
export const KEYS = 1000;

/** `count` items, in turn of keys 0 to below `keys`. */
export function* keyed(count: number, keys: number): Generator<number> {
  for (let i = 0; i < count; i++) yield Math.floor(i / keys) * KEYS + (i % keys);
}

export function keyOf(item: number): number {
  return item % KEYS;
}

export function placeOf(item: number): number {
  return Math.floor(item / KEYS);
}

/** Keys of which an item came before one that it should follow, or is missing before another. */
export function keysOutOfOrder(items: Iterable<number>): number[] {
  const next = new Map<number, number>();
  const wrong = new Set<number>();
  for (const item of items) {
    const key = keyOf(item);
    if (placeOf(item) !== (next.get(key) ?? 0)) wrong.add(key);
    next.set(key, placeOf(item) + 1);
  }
  return [...wrong];
}
