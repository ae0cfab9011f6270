/**
 * What stood in an enqueue ring when the scheduler died, from the checkpoint on, and what of the
 * port's history it completes: intake.ts once more, without a machine.
 *
 * Runs on: whoever recovers the domain. The dead scheduler may have taken in some of it already; what
 * it made of that is left out elsewhere. Rules that drop pieces are not applied: a piece too many is
 * reported with the others.
 */
import { nameAt, nameMask } from '../eventdev/event-name.js';
import { OP, OP_MASK, QE_WORDS, RENEWAL } from '../eventdev/event.js';
import type { RingLayout } from '../memory/layout.js';
import { entriesBetween } from '../ring/fence.js';
import { COMPLETED, ENTRY_SEQUENCE, HISTORY, HISTORY_WORDS } from '../memory/scheduler-layout.js';

/** An event in a ring. */
export interface RingEvent {
  /** Its offset in domain memory. */
  readonly entry: number;
  /** The place in a window of the event that it followed, or -1. */
  readonly place: number;
}

/** An event that a port holds. */
export interface HeldEvent {
  /** Its history entry. */
  readonly entry: number;
  /** The offset in domain memory of the event that renewed it last and has its payload, or -1. */
  readonly renewal: number;
}

/** What a ring has told. */
export interface Taken {
  readonly ring: readonly RingEvent[];
  /** What is not completed, and the sequences of what was here. */
  readonly held: readonly HeldEvent[];
  readonly completed: readonly number[];
  /** Events, those of queues that do not exist, and those that belong to nothing. */
  readonly events: number;
  readonly unknown: number;
  readonly lost: number;
  readonly takenNew: number;
}

/** A port as it was at the checkpoint. */
export interface PortMarks {
  readonly ringHead: number;
  readonly takenNew: number;
  /** How many names an independent port has; else 0. */
  readonly names: number;
  /** Its domain takes pieces. */
  readonly hasPieces: boolean;
  /** Offsets of its history entries, oldest first. */
  readonly entries: readonly number[];
}

export class RingReplay {
  readonly #words: Int32Array;
  readonly #m: Int32Array;
  readonly #port: PortMarks;
  /** Whether there is a lane for an event, given its second word; and whether its queue, as an
   *  entry has it, takes pieces. */
  readonly #hasLane: (word1: number) => boolean;
  readonly #takesPieces: (word1: number) => boolean;
  readonly #ring: RingEvent[] = [];
  /** By position in `entries`; `#oldest`: the first that may be open. */
  readonly #done: boolean[];
  /** By position in `entries`: the renewals that count. */
  readonly #renewals = new Map<number, number>();
  /** Of an independent port: position of the event that has a name. */
  readonly #named = new Map<number, number>();
  #oldest = 0;
  #events = 0;
  #unknown = 0;
  #lost = 0;
  #takenNew: number;

  constructor(
    words: Int32Array,
    m: Int32Array,
    port: PortMarks,
    hasLane: (word1: number) => boolean,
    takesPieces: (word1: number) => boolean,
  ) {
    this.#words = words;
    this.#m = m;
    this.#port = port;
    this.#hasLane = hasLane;
    this.#takesPieces = takesPieces;
    this.#done = port.entries.map(() => false);
    this.#takenNew = port.takenNew;
    if (port.names > 0) port.entries.forEach((entry, position) => this.#noteName(entry, position));
  }

  /** Takes in the entries from the mark to `tail`: none if that is further than the ring is deep. */
  run(layout: RingLayout, tail: number): Taken {
    const { ringHead, entries } = this.#port;
    const count = entriesBetween(ringHead, tail);
    for (let i = 0; count <= layout.depth && i < count; i++) {
      this.#take(layout.slots + ((ringHead + i) & layout.mask) * QE_WORDS);
    }
    const isDone = (_: number, position: number): boolean => this.#done[position]!;
    const held = entries.flatMap((entry, position) =>
      this.#isOpen(entry, position) ? [{ entry, renewal: this.#renewals.get(position) ?? -1 }] : [],
    );
    const sequenceOf = (entry: number): number => this.#m[entry + ENTRY_SEQUENCE]!;
    return {
      ring: this.#ring,
      held,
      completed: entries.filter(isDone).map(sequenceOf),
      events: this.#events,
      unknown: this.#unknown,
      lost: this.#lost,
      takenNew: this.#takenNew,
    };
  }

  #take(entry: number): void {
    const word1 = this.#words[entry + 1]!;
    const op = word1 & OP_MASK;
    if (op === OP.RELEASE) return this.#release(entry, this.#words[entry + 2]! >>> 0);
    if (op === OP.FRAGMENT) return this.#fragment(entry, word1);
    this.#events++;
    if (op === OP.NEW || !this.#isAnyOpen()) {
      this.#takenNew = (this.#takenNew + 1) | 0;
      return this.#keep(entry, word1, -1);
    }
    const position = this.#ownerOf(entry);
    if (position < 0) this.#lost++;
    else this.#keep(entry, word1, this.#complete(position));
  }

  #keep(entry: number, word1: number, place: number): void {
    if (this.#hasLane(word1)) this.#ring.push({ entry, place });
    else this.#unknown++;
  }

  #release(entry: number, count: number): void {
    if (this.#port.names > 0 && count === 0) {
      const position = this.#ownerOf(entry);
      if (position >= 0) this.#complete(position);
      return;
    }
    for (let left = count; left > 0 && this.#isAnyOpen(); left--)
      this.#complete(this.#oldestOpen());
  }

  #fragment(entry: number, word1: number): void {
    const position = this.#ownerOf(entry);
    if ((word1 & RENEWAL) !== 0 && position >= 0 && this.#port.hasPieces) {
      this.#renewals.set(position, entry);
      return;
    }
    this.#events++;
    if (position < 0) this.#lost++;
    else if (this.#takesPieces(this.#m[this.#port.entries[position]! + 1]!)) {
      this.#keep(entry, word1, this.#m[this.#port.entries[position]! + HISTORY.PLACE]!);
    } else this.#lost++;
  }

  /** Returns the place of the event in a window, or -1. */
  #complete(position: number): number {
    this.#done[position] = true;
    return this.#m[this.#port.entries[position]! + HISTORY.PLACE]!;
  }

  #isAnyOpen(): boolean {
    return this.#oldestOpen() >= 0;
  }

  #oldestOpen(): number {
    const { entries } = this.#port;
    while (this.#oldest < entries.length && !this.#isOpen(entries[this.#oldest]!, this.#oldest)) {
      this.#oldest++;
    }
    return this.#oldest < entries.length ? this.#oldest : -1;
  }

  /** Position of the event that an entry of the ring belongs to: the oldest, or the one that it names. That may
   *  be marked as completed: by the one who died, when it took in what is taken in here. */
  #ownerOf(entry: number): number {
    if (this.#port.names === 0) return this.#oldestOpen();
    const position = this.#named.get(this.#nameOf(this.#words, entry)) ?? -1;
    return position >= 0 && !this.#done[position]! ? position : -1;
  }

  /** A name is the event's that had it last. Only an event that was being moved is in two places, and then it
   *  is where it is complete. */
  #noteName(entry: number, position: number): void {
    const name = this.#nameOf(this.#m, entry);
    const before = this.#named.get(name);
    if (
      before === undefined ||
      !this.#isMarked(entry) ||
      this.#isMarked(this.#port.entries[before]!)
    )
      this.#named.set(name, position);
  }

  #nameOf(words: Int32Array, at: number): number {
    return nameAt(words, at, nameMask(this.#port.names));
  }

  #isMarked(entry: number): boolean {
    return this.#m[entry + HISTORY.FLOW]! === COMPLETED;
  }

  #isOpen(entry: number, position: number): boolean {
    if (this.#done[position]! || this.#isMarked(entry)) return false;
    return this.#port.names === 0 || this.#named.get(this.#nameOf(this.#m, entry)) === position;
  }
}

/** Offsets of the entries of a port's history list. */
export function historyEntries(
  history: number,
  depth: number,
  head: number,
  tail: number,
): number[] {
  const count = (tail - head) | 0;
  return Array.from(
    { length: count < 0 || count > depth ? 0 : count },
    (_, i) => history + ((head + i) & (depth - 1)) * HISTORY_WORDS,
  );
}
