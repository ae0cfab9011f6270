/**
 * A thread's access to the payload buffers of its domain.
 *
 * Runs on:   the one thread that uses the port.
 * Writes:    owner words, hints, the count of bad frees; the buffers it was given.
 * Algorithm: README.md. One compare and swap of a buffer's owner word decides who has it; a bitmap
 *            of hints says where to look.
 * Never throws, never waits, allocates nothing per call.
 */
import { addTo } from '#words';
import type { PoolLayout } from '../memory/layout.js';
import { claimHinted, release } from './claim.js';
import { hasHints, HINTS_PER_WORD, restoreHints } from './hints.js';
import { indexOf, isNamedBy, NO_BUFFER, ownerOf } from './owner-word.js';
import { BAD_FREES } from './pool-control.js';
import { Reserve } from './reserve.js';

/** Who asks for buffers: only a port with something outstanding gets the last ones. */
export interface BufferHolder {
  readonly outstanding: number;
}

export class BufferPool {
  /** Size of one buffer. */
  readonly bytes: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #layout: PoolLayout;
  readonly #owner: number;
  readonly #holder: BufferHolder;
  readonly #reserve: Reserve;
  /** One per buffer, made when first asked for. */
  readonly #views: (Uint8Array | undefined)[];
  readonly #none = new Uint8Array(0);
  /** Index claimed last: the next search begins beside it. */
  #last: number;

  /** `words` are the words of `memory`; `holder` is the port that `portId` names. */
  constructor(
    memory: SharedArrayBuffer,
    words: Int32Array,
    layout: PoolLayout,
    portId: number,
    holder: BufferHolder,
  ) {
    this.bytes = layout.bytes;
    this.#memory = memory;
    this.#words = words;
    this.#layout = layout;
    this.#owner = ownerOf(portId);
    this.#holder = holder;
    this.#reserve = new Reserve(words, layout);
    this.#views = Array.from<Uint8Array | undefined>({ length: layout.count });
    this.#last = firstWord(portId, layout.bitmapWords) * HINTS_PER_WORD + HINTS_PER_WORD - 1;
  }

  /** A handle that fits in an event's payload, or -1 when none is to be had. */
  alloc(): number {
    const held = this.#heldBack();
    if (held > 0 && !this.#seemToBe(held + 1)) return NO_BUFFER;
    const handle = this.#claim();
    if (handle === NO_BUFFER || held === 0 || this.#reserve.holds(this.#last)) return handle;
    release(this.#words, this.#layout, handle);
    return NO_BUFFER;
  }

  /**
   * Fills `out[0 .. n)` with handles: all of them, or none and false. Entries it had filled by then
   * are -1. False also when `out` is too short or `n` no whole number; true when `n` is not
   * positive, since nothing was asked for.
   */
  allocMany(n: number, out: Int32Array): boolean {
    if (!Number.isInteger(n) || n > out.length) return false;
    if (n <= 0) return true;
    const held = this.#heldBack();
    if (!this.#seemToBe(held + n)) return false;
    for (let i = 0; i < n; i++) {
      const handle = this.#claim();
      if (handle === NO_BUFFER) return this.#giveBack(out, i);
      out[i] = handle;
    }
    if (held === 0 || this.#reserve.holds(this.#last)) return true;
    return this.#giveBack(out, n);
  }

  /** False, and counted, for a handle that is foreign or already free. Any port of the domain may
   *  free a buffer, whichever allocated it. */
  free(handle: number): boolean {
    if (release(this.#words, this.#layout, handle)) return true;
    addTo(this.#words, this.#layout.counters + BAD_FREES, 1);
    return false;
  }

  /** The buffer itself, in shared memory; of length 0 for a handle that is not allocated. The same
   *  buffer has the same view each time, so do not keep it beyond `free`. */
  view(handle: number): Uint8Array {
    const index = indexOf(handle, this.#layout.count);
    // A plain read, as in claim.ts#release: N2 ← M2.
    if (index === -1 || !isNamedBy(this.#words[this.#layout.owners + index]!, handle)) {
      return this.#none;
    }
    return (this.#views[index] ??= this.#viewOf(index));
  }

  /** Buffers that this port may not take now. */
  #heldBack(): number {
    const { reserve } = this.#layout;
    return reserve > 0 && this.#holder.outstanding === 0 ? reserve : 0;
  }

  /** Whether it is worth trying. A pool at rest is left alone when there is too little: undoing a
   *  claim would take, for a moment, what is kept for others. */
  #seemToBe(wanted: number): boolean {
    if (hasHints(this.#words, this.#layout, wanted)) return true;
    restoreHints(this.#words, this.#layout);
    return hasHints(this.#words, this.#layout, wanted);
  }

  #claim(): number {
    let handle = claimHinted(this.#words, this.#layout, this.#owner, this.#last);
    if (handle === NO_BUFFER && restoreHints(this.#words, this.#layout)) {
      handle = claimHinted(this.#words, this.#layout, this.#owner, this.#last);
    }
    if (handle !== NO_BUFFER) this.#last = indexOf(handle, this.#layout.count);
    return handle;
  }

  #giveBack(out: Int32Array, count: number): false {
    for (let i = 0; i < count; i++) {
      release(this.#words, this.#layout, out[i]!);
      out[i] = NO_BUFFER;
    }
    return false;
  }

  #viewOf(index: number): Uint8Array {
    const { dataBytes, strideBytes, bytes } = this.#layout;
    return new Uint8Array(this.#memory, dataBytes + index * strideBytes, bytes);
  }
}

/** Spreads the ports over the bitmap by the golden ratio, so that neighbours start far apart
 *  however many there are. */
function firstWord(portId: number, bitmapWords: number): number {
  const turn = (portId * 0.618_033_988_75) % 1;
  return Math.floor(turn * bitmapWords);
}
