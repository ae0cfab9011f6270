/**
 * The producing half of a port: NEW, FORWARD and RELEASE into the enqueue ring, and what is owed.
 *
 * Runs on: the port's thread. Writes: the port's enqueue ring and PP line.
 * A RELEASE takes no slot of its own: those in a row share one entry that carries their number.
 * The ring is as deep as all events that can be in the domain, so it cannot be full in earnest. Only
 * pieces, which exist nowhere before, have slots that can run out for a moment.
 */
import { OP, OPAQUE_MASK, OPAQUE_SHIFT, OP_MASK, QE_WORDS } from '../eventdev/event.js';
import { RENEWAL, RESERVED_MASK, RESERVED_SHIFT } from '../eventdev/event.js';
import type { PortAttachment } from '../memory/attachment.js';
import type { PortLayout } from '../memory/layout.js';
import { PORT } from '../memory/layout.js';
import { count } from '../memory/wide-counter.js';
import { RingProducer } from '../ring/producer.js';
import { Admission } from './admission.js';
import { leaveNews } from './news.js';
import { OpenEvents } from './open-events.js';
import { MODE } from './port-gate.js';

const RESERVED_CLEAR = ~(RESERVED_MASK << RESERVED_SHIFT);
const KEEP = RESERVED_CLEAR & ~OP_MASK;
const KEEP_OF_FRAGMENT = KEEP | RENEWAL;
/** Returned by a call whose ring was fenced while it wrote: nothing was published. */
export const FENCED = -1;

// What an event of an independent port may turn out to be, beside the ops.
const UNSENT_PIECE = 4;
const UNKNOWN_FORWARD = 5;
const UNKNOWN_RELEASE = 6;

export class EnqueueSide {
  /** Events dequeued, not yet forwarded or released. */
  outstanding = 0;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #ring: RingProducer;
  readonly admission: Admission;
  /** implOpaque of the oldest outstanding event. */
  #oldest = 0;
  /** Of an independent port: what is outstanding, by name. */
  readonly #open: OpenEvents | null;
  /** What each event of the burst at hand turned out to be, for an independent port. */
  readonly #ops: Uint8Array;
  /** Slots of the ring for pieces, and how many may not have been taken in. */
  readonly #pieceSlots: number;
  #piecesSent = 0;

  constructor(words: Int32Array, port: PortLayout, attachment: PortAttachment, near: boolean) {
    this.#words = words;
    this.#at = port.at;
    this.#ring = new RingProducer(words, port.enqueue, near);
    this.admission = new Admission(words, port.at, attachment, near);
    this.#open = attachment.independentEnqueue ? new OpenEvents(attachment.names) : null;
    this.#ops = new Uint8Array(attachment.independentEnqueue ? attachment.enqueueDepth : 0);
    this.#pieceSlots = attachment.shape.pieceSlots;
  }

  /** Debts and credits start anew. */
  beginLease(lease: number): void {
    this.outstanding = 0;
    this.#open?.clear();
    this.#piecesSent = 0;
    this.#ring.resync();
    this.admission.beginLease(lease);
  }

  /** Takes note of the first `events` of `words`, which were dequeued. */
  owe(words: Int32Array, events: number): void {
    if (this.outstanding === 0) this.#oldest = words[1]! >>> OPAQUE_SHIFT;
    this.#open?.add(words, events);
    this.outstanding += events;
  }

  /**
   * Enqueues `limit` events of `source` from word `from` on. Returns how many were accepted, from
   * the front, or FENCED.
   */
  enqueue(source: Int32Array, from: number, limit: number, mode: number): number {
    if (this.#pieceSlots > 0) limit = this.#roomForPieces(source, from, limit);
    if (this.#open !== null) return this.#enqueueNamed(source, from, limit, mode);
    const op = commonOp(source, from, limit);
    if (op === OP.NEW) return this.#enqueueNew(source, from, limit, mode);
    if (op === OP.FORWARD && limit <= this.outstanding) return this.#forward(source, from, limit);
    const wanted = countNew(source, from, limit, this.outstanding);
    const granted = this.admission.admit(wanted, mode);
    const accepted =
      granted === wanted ? limit : indexOfNew(source, from, granted, this.outstanding);
    this.admission.countNew(granted);
    const owed = this.#write(source, from, accepted);
    if (this.#ring.pending > 0 && !this.#ring.tryPublish()) {
      this.admission.countNew(-granted);
      this.#ring.resync();
      return FENCED;
    }
    this.#oldest = (this.#oldest + this.outstanding - owed) & OPAQUE_MASK;
    this.outstanding = owed;
    return accepted;
  }

  /** As `enqueue`, of NEW events only. */
  #enqueueNew(source: Int32Array, from: number, limit: number, mode: number): number {
    const granted = this.admission.admit(limit, mode);
    if (granted === 0) return 0;
    this.admission.countNew(granted);
    copyIn(this.#ring, source, from, granted);
    if (this.#ring.tryPublish()) return granted;
    this.admission.countNew(-granted);
    this.#ring.resync();
    return FENCED;
  }

  /** As `enqueue`, of FORWARD events only, as many as are outstanding at most. */
  #forward(source: Int32Array, from: number, limit: number): number {
    this.admission.admit(0, MODE.FLOWING);
    if (limit === 0) return 0;
    const misordered = countMisordered(source, from, limit, this.#oldest);
    if (misordered > 0) count(this.#words, this.#at + PORT.MISORDERED, misordered);
    copyIn(this.#ring, source, from, limit);
    if (!this.#ring.tryPublish()) {
      this.#ring.resync();
      return FENCED;
    }
    this.#oldest = (this.#oldest + limit) & OPAQUE_MASK;
    this.outstanding -= limit;
    return limit;
  }

  /** Completes the `due` oldest, with one entry. FENCED or `due`. */
  release(due: number): number {
    this.#put(OP.RELEASE, due);
    if (!this.#ring.tryPublish()) {
      this.#ring.resync();
      return FENCED;
    }
    this.#open?.completeOldest(due);
    this.#oldest = (this.#oldest + due) & OPAQUE_MASK;
    this.outstanding -= due;
    return due;
  }

  /** Writes accepted events into claimed slots. Returns what is outstanding afterwards. */
  #write(source: Int32Array, from: number, accepted: number): number {
    const words = this.#words;
    const ring = this.#ring;
    let owed = this.outstanding;
    let expected = this.#oldest;
    let releaseAt = -1;
    for (let i = 0, at = from; i < accepted; i++, at += QE_WORDS) {
      const word1 = source[at + 1]!;
      let op = word1 & OP_MASK;
      if (op === OP.FORWARD || op === OP.RELEASE) {
        if (owed > 0) {
          owed--;
          if (word1 >>> OPAQUE_SHIFT !== expected) count(words, this.#at + PORT.MISORDERED, 1);
          expected = (expected + 1) & OPAQUE_MASK;
        } else if (op === OP.RELEASE) {
          continue;
        } else {
          op = OP.NEW;
        }
      }
      if (op === OP.RELEASE && releaseAt >= 0) {
        words[releaseAt + 2] = words[releaseAt + 2]! + 1;
        continue;
      }
      if (op === OP.FRAGMENT && (owed === 0 || this.#pieceSlots === 0)) {
        // Nobody would take it, and the ring has no room for it.
        this.#countUnsent(PORT.PIECES);
        continue;
      }
      const to = ring.slot();
      releaseAt = op === OP.RELEASE ? to : -1;
      words[to] = source[at]!;
      words[to + 1] = (word1 & (op === OP.FRAGMENT ? KEEP_OF_FRAGMENT : KEEP)) | op;
      words[to + 2] = op === OP.RELEASE ? 1 : source[at + 2]!;
      words[to + 3] = source[at + 3]!;
    }
    return owed;
  }

  /** As `enqueue`, of a port whose completions name their event. */
  #enqueueNamed(source: Int32Array, from: number, limit: number, mode: number): number {
    const wanted = this.#resolve(source, from, limit);
    const granted = this.admission.admit(wanted, mode);
    const accepted = granted === wanted ? limit : this.#reopenFrom(source, from, limit, granted);
    this.admission.countNew(granted);
    this.#writeNamed(source, from, accepted);
    if (this.#ring.pending > 0 && !this.#ring.tryPublish()) {
      // The lease has ended, and with it all that was outstanding.
      this.admission.countNew(-granted);
      this.#ring.resync();
      return FENCED;
    }
    return accepted;
  }

  /** Finds out what each event is; completes the ones named. Returns how many are NEW. */
  #resolve(source: Int32Array, from: number, limit: number): number {
    const ops = this.#ops;
    let found = 0;
    const open = this.#open!;
    for (let i = 0, at = from; i < limit; i++, at += QE_WORDS) {
      let op = source[at + 1]! & OP_MASK;
      if (op === OP.FRAGMENT) {
        if (this.#pieceSlots === 0 || !open.has(open.nameOf(source, at))) op = UNSENT_PIECE;
      } else if (op !== OP.NEW) {
        if (open.complete(open.nameOf(source, at))) this.outstanding--;
        else if (op === OP.RELEASE) op = UNKNOWN_RELEASE;
        else op = this.outstanding === 0 ? OP.NEW : UNKNOWN_FORWARD;
      }
      if (op === OP.NEW) found++;
      ops[i] = op;
    }
    return found;
  }

  /** Takes back what follows the first NEW that was refused. Returns that one's index. */
  #reopenFrom(source: Int32Array, from: number, limit: number, granted: number): number {
    let first = 0;
    for (let left = granted; this.#ops[first] !== OP.NEW || left-- > 0;) first++;
    const open = this.#open!;
    for (let i = limit - 1; i >= first; i--) {
      if (this.#ops[i] !== OP.FORWARD && this.#ops[i] !== OP.RELEASE) continue;
      open.reopen(open.nameOf(source, from + i * QE_WORDS));
      this.outstanding++;
    }
    return first;
  }

  #writeNamed(source: Int32Array, from: number, accepted: number): void {
    const words = this.#words;
    for (let i = 0, at = from; i < accepted; i++, at += QE_WORDS) {
      const op = this.#ops[i]!;
      if (op === UNSENT_PIECE) this.#countUnsent(PORT.PIECES);
      else if (op === UNKNOWN_FORWARD) this.#countUnsent(PORT.LOST);
      if (op === UNKNOWN_FORWARD || op === UNKNOWN_RELEASE) {
        count(words, this.#at + PORT.MISORDERED, 1);
      }
      if (op > OP.FRAGMENT) continue;
      const to = this.#ring.slot();
      words[to] = source[at]!;
      words[to + 1] = (source[at + 1]! & (op === OP.FRAGMENT ? KEEP_OF_FRAGMENT : KEEP)) | op;
      // No count: it names its event.
      words[to + 2] = op === OP.RELEASE ? 0 : source[at + 2]!;
      words[to + 3] = source[at + 3]!;
    }
  }

  /** Writes an entry that is no event. */
  #put(op: number, payload: number): void {
    const at = this.#ring.slot();
    this.#words[at] = 0;
    this.#words[at + 1] = op;
    this.#words[at + 2] = payload;
    this.#words[at + 3] = 0;
  }

  #countUnsent(counter: number): void {
    this.#words[this.#at + counter] = (this.#words[this.#at + counter]! + 1) | 0;
    leaveNews(this.#words, this.#at);
  }

  /** How many events of the burst there are slots for, should all its pieces need one. */
  #roomForPieces(source: Int32Array, from: number, limit: number): number {
    // Those of this burst are not in the ring yet, whatever has been taken in.
    let here = 0;
    for (let i = 0, at = from + 1; i < limit; i++, at += QE_WORDS) {
      if ((source[at]! & OP_MASK) !== OP.FRAGMENT) continue;
      if (this.#piecesSent === this.#pieceSlots) {
        if (here === this.#pieceSlots || !this.#ring.isTakenIn()) return i;
        this.#piecesSent = here;
      }
      this.#piecesSent++;
      here++;
    }
    return limit;
  }
}

/** The op of all events of the burst, or -1 if they have several. */
function commonOp(source: Int32Array, from: number, limit: number): number {
  let some = 0;
  let all = OP_MASK;
  for (let at = from + 1, end = at + limit * QE_WORDS; at < end; at += QE_WORDS) {
    const word1 = source[at]!;
    some |= word1;
    all &= word1;
  }
  return (some & OP_MASK) === all ? all : -1;
}

/** How many events of a burst of FORWARD do not name the event that they complete. */
function countMisordered(source: Int32Array, from: number, limit: number, oldest: number): number {
  let found = 0;
  for (let i = 0, at = from + 1; i < limit; i++, at += QE_WORDS) {
    if (source[at]! >>> OPAQUE_SHIFT !== ((oldest + i) & OPAQUE_MASK)) found++;
  }
  return found;
}

/** Claims slots for as many events and fills them with those, as they are. */
function copyIn(ring: RingProducer, source: Int32Array, from: number, events: number): void {
  const { words } = ring;
  const { slots, mask } = ring.layout;
  let index = ring.claim(events);
  for (let at = from, end = from + events * QE_WORDS; at < end; at += QE_WORDS) {
    const to = slots + (index & mask) * QE_WORDS;
    words[to] = source[at]!;
    words[to + 1] = source[at + 1]! & RESERVED_CLEAR;
    words[to + 2] = source[at + 2]!;
    words[to + 3] = source[at + 3]!;
    index = (index + 1) | 0;
  }
}

/** Events that need a credit: NEW, and FORWARD with nothing outstanding. */
function countNew(source: Int32Array, from: number, limit: number, outstanding: number): number {
  let owed = outstanding;
  let found = 0;
  for (let i = 0, at = from + 1; i < limit; i++, at += QE_WORDS) {
    const op = source[at]! & OP_MASK;
    if (op === OP.NEW) found++;
    else if (op !== OP.FRAGMENT) {
      if (owed > 0) owed--;
      else if (op === OP.FORWARD) found++;
    }
  }
  return found;
}

/** Index of the event that needs the credit after `granted` ones. */
function indexOfNew(
  source: Int32Array,
  from: number,
  granted: number,
  outstanding: number,
): number {
  let owed = outstanding;
  let left = granted;
  for (let i = 0, at = from + 1; ; i++, at += QE_WORDS) {
    const op = source[at]! & OP_MASK;
    if (op === OP.FRAGMENT) continue;
    if (op !== OP.NEW && owed > 0) owed--;
    else if (op !== OP.RELEASE && left-- === 0) return i;
  }
}
