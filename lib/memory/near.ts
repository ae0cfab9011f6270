/**
 * Shared words between a port and a scheduler that may be on the same thread: they are near.
 *
 * On one thread program order is all the order there is, so plain accesses do; that saves an inline
 * device some fifty calls of `Atomics` a pass. Ports of other threads use the same memory at the same
 * time, by other words. Each function is the one of words.ts that it is named after.
 */
import { addTo, observe, publish, swapIf } from '#words';

export function publishNear(near: boolean, words: Int32Array, at: number, value: number): void {
  if (near) words[at] = value;
  else publish(words, at, value);
}

export function observeNear(near: boolean, words: Int32Array, at: number): number {
  return near ? words[at]! : observe(words, at);
}

export function swapIfNear(
  near: boolean,
  words: Int32Array,
  at: number,
  expected: number,
  next: number,
): number {
  if (!near) return swapIf(words, at, expected, next);
  const found = words[at]!;
  if (found === expected) words[at] = next;
  return found;
}

export function addToNear(near: boolean, words: Int32Array, at: number, value: number): void {
  if (near) words[at] = (words[at]! + value) | 0;
  else addTo(words, at, value);
}
