/**
 * Proof that enough buffers stay free: the last `reserve` are for ports that must finish work.
 *
 * Runs on:   the thread of one port, after a claim with nothing outstanding.
 * Writes:    nothing shared but wrong hints, which it drops.
 * Ordering:  README.md, edge M4 → N4 and "The reserve is exact".
 *
 * A count is no snapshot: while one walks over the words, one and the same free place may be met
 * many times. So we keep witnesses: buffers seen free, each with its owner word. A word does not
 * come back to what it was, so a witness seen free before the claim and unchanged after it was
 * free at the claim, and `reserve` of them were so together.
 */
import { observe } from '#words';
import type { PoolLayout } from '../memory/layout.js';
import { dropHint, HINT_SHIFT, HINTS_PER_WORD, nextBit, restoreHints } from './hints.js';
import { isFree } from './owner-word.js';

/** Witnesses beyond the reserve, so that others may take some before we have to look for new ones:
 *  as many as one bitmap word shows. */
const SPARE_WITNESSES = HINTS_PER_WORD;
/** Searches for witnesses before we say no. Each means that others took more than the spare ones
 *  during the search; at rest the first succeeds. */
const SEARCHES = 4;

export class Reserve {
  readonly #words: Int32Array;
  readonly #layout: PoolLayout;
  /** Index of each witness, grouped by bitmap word, and its owner word as it was seen. */
  readonly #indices: Int32Array;
  readonly #seen: Int32Array;
  #witnesses = 0;

  constructor(words: Int32Array, layout: PoolLayout) {
    const size = Math.min(layout.reserve + SPARE_WITNESSES, layout.count);
    this.#words = words;
    this.#layout = layout;
    this.#indices = new Int32Array(size);
    this.#seen = new Int32Array(size);
  }

  /**
   * True if `reserve` buffers were free together, at the caller's claim or at a moment since then.
   * Looks for witnesses far from `claimed`, where this thread will not take them soon.
   */
  holds(claimed: number): boolean {
    if (this.#untouched()) return true;
    const { bitmapWords, reserve } = this.#layout;
    const from = ((claimed >>> HINT_SHIFT) + (bitmapWords >>> 1)) % bitmapWords;
    for (let search = 0; search < SEARCHES; search++) {
      this.#search(from);
      if (this.#witnesses < reserve) {
        restoreHints(this.#words, this.#layout);
        this.#search(from);
      }
      if (this.#witnesses < reserve) return false;
      if (this.#untouched()) return true;
    }
    return false;
  }

  /** Whether `reserve` of the witnesses are as they were seen. */
  #untouched(): boolean {
    const words = this.#words;
    const { bitmap, owners, reserve } = this.#layout;
    let same = 0;
    let inWord = -1;
    for (let k = 0; k < this.#witnesses && same < reserve; k++) {
      const index = this.#indices[k]!;
      if (index >>> HINT_SHIFT !== inWord) {
        inWord = index >>> HINT_SHIFT;
        // N4 ← M4 (claim.ts#claim): a claim whose hint was cleared before this shows in the
        // plain reads below; one whose hint is cleared later will see ours.
        observe(words, bitmap + inWord);
      }
      if (words[owners + index] === this.#seen[k]) same++;
    }
    return same >= reserve;
  }

  /** Notes free buffers, from bitmap word `from` on, until there are as many as we can use. */
  #search(from: number): void {
    const { bitmapWords } = this.#layout;
    this.#witnesses = 0;
    for (let looked = 0; looked < bitmapWords; looked++) {
      const w = (from + looked) % bitmapWords;
      if (this.#witnesses === this.#indices.length) return;
      if (this.#words[this.#layout.bitmap + w] !== 0) this.#searchWord(w);
    }
  }

  #searchWord(w: number): void {
    const words = this.#words;
    const layout = this.#layout;
    let bits = observe(words, layout.bitmap + w);
    while (bits !== 0 && this.#witnesses < this.#indices.length) {
      const bit = nextBit(bits, 0);
      bits &= ~(1 << bit);
      const index = w * HINTS_PER_WORD + bit;
      if (index >= layout.count) return;
      const seen = words[layout.owners + index]!;
      if (isFree(seen)) {
        this.#indices[this.#witnesses] = index;
        this.#seen[this.#witnesses++] = seen;
      } else {
        dropHint(words, layout, index);
      }
    }
  }
}
