/**
 * The words that threads share: who accessed each last, what an atomic read of it makes visible,
 * and for hints which older values a plain read may still see.
 *
 * Two accesses race if one is plain, one is a write, and neither happens before the other. Order
 * comes from the steps of one thread, from an atomic read that reads what an atomic write wrote,
 * and from a wake-up: the happens-before of JavaScript's memory model.
 */
import type { Clock } from './clock.js';
import { firstUnseen, joined, withTime, zeroClock } from './clock.js';
import type { Journal } from './journal.js';

/**
 * How plain accesses to a word may meet the accesses of others.
 *
 * none: not at all, that is a race
 * read: plain reads may; they see any value that the memory model lets them see
 * any: plain writes may as well; plain reads see any such value
 * latest: like any, but plain reads see the value written last
 */
export type Hint = 'none' | 'read' | 'any' | 'latest';

export interface Naming {
  /** Stands before labels and indices in reports. */
  readonly name?: string;
  /** What the word at this index is called in reports; default its index. */
  readonly label?: (at: number) => string | undefined;
  /** Words that are read or written plainly on purpose; default none. */
  readonly hint?: (at: number) => Hint;
}

/** A buffer that threads share. */
export interface Region {
  readonly buffer: ArrayBufferLike;
  /** Number of its first word. */
  readonly base: number;
  readonly words: Int32Array;
  readonly naming: Naming;
}

/** A write to a hint. */
interface Write {
  readonly value: number;
  readonly thread: number;
  readonly time: number;
}

interface Cell {
  /** What an atomic read comes to see; null: nothing. */
  readonly released: Clock | null;
  /** Time of each thread's last access of the kind. */
  readonly plainReads: Clock;
  readonly plainWrites: Clock;
  readonly atomicReads: Clock;
  readonly atomicWrites: Clock;
  /** Of a hint: the oldest is what it was at the beginning. */
  readonly history: readonly Write[];
}

export interface Access {
  readonly thread: number;
  readonly clock: Clock;
  readonly atomic: boolean;
  readonly write: boolean;
}

/** The other side of a race. */
export interface Rival {
  readonly thread: number;
  readonly time: number;
  readonly what: string;
}

export class Memory {
  readonly regions: Region[] = [];
  readonly #journal: Journal;
  readonly #cells: (Cell | undefined)[] = [];
  #fresh: Cell | undefined;
  #size = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  add(buffer: ArrayBufferLike, naming: Naming): Region {
    const words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    const region = { buffer, base: this.#size, words, naming };
    this.#size += words.length;
    this.regions.push(region);
    return region;
  }

  regionOf(buffer: ArrayBufferLike): Region | undefined {
    return this.regions.find((region) => region.buffer === buffer);
  }

  hintOf(at: number): Hint {
    const { naming, base } = this.#regionAt(at);
    return naming.hint?.(at - base) ?? 'none';
  }

  nameOf(at: number): string {
    const { naming, base } = this.#regionAt(at);
    const label = naming.label?.(at - base) ?? `[${at - base}]`;
    const name = naming.name ?? '';
    return name === '' || label.startsWith('[') ? `${name}${label}` : `${name}.${label}`;
  }

  /** To be called once the number of threads is known. */
  begin(threads: number): void {
    const none = zeroClock(threads);
    this.#fresh = {
      released: null,
      plainReads: none,
      plainWrites: none,
      atomicReads: none,
      atomicWrites: none,
      history: [],
    };
  }

  /** Takes note of an access; returns the one it races with, if any. */
  access(at: number, by: Access): Rival | null {
    const cell = this.#cell(at);
    const kind = by.atomic
      ? by.write
        ? 'atomicWrites'
        : 'atomicReads'
      : by.write
        ? 'plainWrites'
        : 'plainReads';
    const time = by.clock[by.thread]!;
    if (cell[kind][by.thread] !== time) {
      this.#put(at, { ...cell, [kind]: withTime(cell[kind], by.thread, time) });
    }
    return rivalOf(cell, by);
  }

  /** What an atomic read of the word makes visible. */
  released(at: number): Clock | null {
    return this.#cell(at).released;
  }

  /** A write lets atomic reads see `clock`; with `keep` also what they saw before. */
  release(at: number, clock: Clock | null, keep: boolean): void {
    const cell = this.#cell(at);
    const before = keep ? cell.released : null;
    const released = before !== null && clock !== null ? joined(before, clock) : (clock ?? before);
    this.#put(at, { ...cell, released });
  }

  /** Remembers what a hint was, and what it is now. */
  remember(at: number, old: number, write: Write): void {
    const cell = this.#cell(at);
    const first = cell.history.length > 0 ? cell.history : [{ value: old, thread: -1, time: 0 }];
    this.#put(at, { ...cell, history: [...first, write] });
  }

  /** The values that a plain read of a hint may see, the latest first. */
  visible(at: number, clock: Clock, latest: number): number[] {
    const values = [latest];
    for (const { value, thread, time } of this.#cell(at).history.toReversed()) {
      if (!values.includes(value)) values.push(value);
      if (thread < 0 || time <= clock[thread]!) break;
    }
    return values;
  }

  #cell(at: number): Cell {
    return this.#cells[at] ?? this.#fresh!;
  }

  #put(at: number, cell: Cell): void {
    const before = this.#cells[at];
    this.#journal.note(() => (this.#cells[at] = before));
    this.#cells[at] = cell;
  }

  #regionAt(at: number): Region {
    return this.regions.findLast((region) => region.base <= at)!;
  }
}

function rivalOf(cell: Cell, { clock, atomic, write }: Access): Rival | null {
  const rival = (events: Clock, what: string): Rival | null => {
    const thread = firstUnseen(clock, events);
    return thread < 0 ? null : { thread, time: events[thread]!, what };
  };
  return (
    rival(cell.plainWrites, 'plain write') ??
    (write ? rival(cell.plainReads, 'plain read') : null) ??
    (atomic ? null : rival(cell.atomicWrites, 'atomic write')) ??
    (write && !atomic ? rival(cell.atomicReads, 'atomic read') : null)
  );
}
