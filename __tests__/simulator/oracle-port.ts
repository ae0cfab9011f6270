/** A port as the oracle knows it: what its ring and its CQ have shown so far. */
import { OP, OPAQUE_SHIFT, OP_MASK, QE_WORDS, RENEWAL } from '../../lib/eventdev/event.js';
import { isDisabled, isHeld, leaseNumber } from '../../lib/memory/domain-state.js';
import { PORT } from '../../lib/memory/layout.js';
import type { PortLayout } from '../../lib/memory/layout.js';
import { AT, CONTENT_MASK } from './tracked.js';
import type { Tracked } from './tracked.js';
import { check } from './violation.js';

/** One slot of an enqueue ring: an event, or a number of releases. */
export interface Entry {
  readonly event: Tracked | null;
  readonly op: number;
  readonly releases: number;
  /** The event that it completes or belongs to, if the port's completions name theirs. */
  readonly names: number | null;
}

export interface PortShape {
  readonly depth: number;
  readonly threshold: number;
  readonly enqueueDepth: number;
  readonly implicit: boolean;
  readonly independent: boolean;
  /** It never completes its oldest, if it has others. */
  readonly hoards: boolean;
  /** Most events that it may hold. */
  readonly historyDepth: number;
  /** Slots of the ring for pieces. */
  readonly pieceSlots: number;
}

export class OraclePort {
  readonly id: number;
  readonly at: number;
  readonly shape: PortShape;
  /** Published and not taken in. */
  readonly ring: Entry[] = [];
  /** NEW events among them. */
  newInRing = 0;
  /** In CQ or hands, oldest first, as the scheduler sees it: completions on the ring do not count. */
  readonly held: Tracked[] = [];
  /** Dequeued and not completed, as its thread sees it. */
  readonly hands: Tracked[] = [];
  /** What the enqueue under way has published: N, F, P, W, R per event, in order. */
  transcript = '';
  /** Attached, alive, and in no call. */
  settled = false;
  /** Number of the lease; the YIELD request answered last, and the profile served. */
  lease: number;
  yielded = 0;
  profile = 0;
  acknowledged: number;
  cqTail: number;
  /** Pieces since the ring was last seen empty, and the lease in which that was; NaN: not known. */
  piecesSent = 0;
  piecesLease = 0;
  /** Events that were counted instead of sent: pieces that nobody takes, forwards of nothing. */
  unsentPieces = 0;
  lost = 0;
  rx = 0;
  tx = 0;
  dropped = 0;
  misordered = 0;
  readonly refused = { credit: 0, threshold: 0, ringFull: 0 };
  readonly #words: Int32Array;
  readonly #layout: PortLayout;
  #tail: number;
  #head: number;

  constructor(id: number, words: Int32Array, layout: PortLayout, shape: PortShape) {
    this.id = id;
    this.at = layout.at;
    this.shape = shape;
    this.#words = words;
    this.#layout = layout;
    this.#tail = this.word(PORT.PP_TAIL);
    this.#head = this.word(PORT.PP_HEAD);
    this.lease = leaseNumber(this.word(PORT.LEASE));
    this.acknowledged = this.word(PORT.ACK_GENERATION);
    this.cqTail = this.word(PORT.CQ_TAIL);
  }

  word(at: number): number {
    return this.#words[this.at + at]!;
  }

  /** It has asked to give back what it did not dequeue, and has no answer. */
  get isYielding(): boolean {
    return this.word(PORT.YIELD) !== this.word(PORT.YIELD_ACK);
  }

  /** The CQ index that its thread takes next. */
  get cqHead(): number {
    const head = this.word(PORT.CQ_HEAD);
    const start = this.word(PORT.CQ_START);
    return ((head - start) | 0) < 0 ? start : head;
  }

  /** Entries of the CQ that were not dequeued. */
  get undelivered(): number {
    const tail = this.word(PORT.CQ_TAIL);
    const left = (tail - this.word(PORT.CQ_HEAD)) | 0;
    const sinceStart = (tail - this.word(PORT.CQ_START)) | 0;
    return Math.min(left, sinceStart);
  }

  /** The scheduler knows the owner, and gives it events. */
  get isServed(): boolean {
    const lease = this.word(PORT.LEASE);
    const known = this.word(PORT.ACK_GENERATION) === this.word(PORT.GENERATION);
    return this.settled && known && !isDisabled(lease) && !isHeld(lease);
  }

  /** Reads what the port has published since the last look. */
  watchRing(events: ReadonlyMap<number, Tracked>): void {
    const tail = this.word(PORT.PP_TAIL);
    for (; this.#tail !== tail; this.#tail = (this.#tail + 1) | 0) {
      const at = this.#layout.enqueue.slots + (this.#tail & this.#layout.enqueue.mask) * QE_WORDS;
      this.ring.push(this.#entryAt(at, events));
    }
  }

  #entryAt(at: number, events: ReadonlyMap<number, Tracked>): Entry {
    const words = this.#words;
    const op = words[at + 1]! & OP_MASK;
    const opaque = words[at + 1]! >>> OPAQUE_SHIFT;
    if (op === OP.RELEASE) {
      const count = words[at + 2]!;
      const names = this.shape.independent && count === 0 ? opaque : null;
      const releases = names === null ? count : 1;
      this.#finish(releases, names);
      this.transcript += 'R'.repeat(releases);
      return { event: null, op, releases, names };
    }
    const event = events.get(words[at + 3]!);
    check(
      event !== undefined && event.at === AT.FRESH && event.from === this.id,
      'C1',
      () => `port ${this.id} published #${words[at + 3]}, which it was not given now`,
    );
    checkContent(words, at, event!, `on the ring of port ${this.id}`);
    const reserved = event!.isRenewal ? RENEWAL : 0;
    check((words[at + 1]! & 0x3c) === reserved, 'ring', () => `reserved bits on the ring`);
    event!.at = AT.RING;
    const names = this.shape.independent ? opaque : null;
    if (op === OP.FORWARD) this.#finish(1, names);
    else if (op === OP.NEW) this.newInRing++;
    this.transcript += event!.isRenewal ? 'W' : 'NFRP'[op]!;
    return { event: event!, op, releases: 0, names };
  }

  /** Others went on while it sent some: how many count is not known in this lease. */
  forgetPieces(): void {
    this.piecesSent = Number.NaN;
    this.piecesLease = leaseNumber(this.word(PORT.LEASE));
  }

  #finish(count: number, names: number | null): void {
    const { length } = this.hands;
    if (names !== null) {
      const at = indexNamed(this.hands, names);
      check(at >= 0, 'C9', () => `port ${this.id} completes ${names}, which it does not hold`);
      this.hands.splice(at, 1);
      return;
    }
    check(count <= length, 'C9', () => `port ${this.id} completes ${count} of ${length}`);
    this.hands.splice(0, count);
  }

  /** Entries that the scheduler took in since the last look. */
  takenSlots(): number {
    const head = this.word(PORT.PP_HEAD);
    const count = (head - this.#head) | 0;
    this.#head = head;
    return count;
  }

  /** The ring was closed and taken in; it goes on from where it is. */
  resync(): void {
    this.#tail = this.word(PORT.PP_TAIL);
    this.#head = this.word(PORT.PP_HEAD);
    check(this.#tail === this.#head, 'fence', () => `port ${this.id}: the ring is not empty`);
    this.newInRing = 0;
    this.endLease();
  }

  /** What its owner had is gone. */
  endLease(): void {
    this.lease = leaseNumber(this.word(PORT.LEASE));
    this.acknowledged = this.word(PORT.ACK_GENERATION);
    this.hands.length = 0;
  }
}

/** Where the event is that an implOpaque names, or -1. */
export function indexNamed(events: readonly Tracked[], opaque: number): number {
  return events.findIndex((event) => event.opaque === opaque);
}

/** The event on the wire is the one that was enqueued. */
export function checkContent(words: Int32Array, at: number, event: Tracked, where: string): void {
  const same =
    words[at] === event.word0 &&
    (words[at + 1]! & CONTENT_MASK) === event.word1 &&
    words[at + 2] === event.low &&
    words[at + 3] === event.id;
  check(same, 'C1', () => `#${event.id} was changed ${where}`);
}
