/**
 * A port's credit word: lease tag and count.
 *
 * The scheduler grants by adding and revokes by swapping; the port subtracts once per burst, by
 * compare and swap. The tag changes with every lease (lib/memory/domain-state.ts), so credits go
 * only to the owner that they were granted to.
 */
import { creditCount } from '../memory/domain-state.js';
import { addToNear, swapIfNear } from '../memory/near.js';
import { swap } from '#words';

/**
 * Port: takes up to `wanted` credits of the lease `tag`. Returns how many.
 * Loops only while the scheduler changes the word in between.
 */
export function takeCredits(
  words: Int32Array,
  at: number,
  tag: number,
  wanted: number,
  near = false,
): number {
  // A plain read is enough to begin with: the swap finds out whether it is current.
  let seen = words[at]!;
  for (;;) {
    const count = seen - tag;
    const taken = count < wanted ? count : wanted;
    // An empty word or a foreign tag may be stale: a swap of nothing tells.
    const next = taken > 0 && count === creditCount(seen) ? seen - taken : seen;
    // C1 ← C2 (credits.ts#grant): the slots that these credits stand for have been taken in.
    const found = swapIfNear(near, words, at, seen, next);
    if (found === seen) return next === seen ? 0 : taken;
    seen = found;
  }
}

/** Scheduler: hands `count` more credits to the port. */
export function grantCredits(words: Int32Array, at: number, count: number, near = false): void {
  addToNear(near, words, at, count);
}

/** Scheduler: takes all unspent credits back, and sets the tag. Returns how many were there. */
export function revokeCredits(words: Int32Array, at: number, tag: number): number {
  return creditCount(swap(words, at, tag));
}
