/**
 * A pack that is being filled: items of one session on their way to one queue, by one flow and one priority.
 *
 * Runs on: the thread that fills it. Writes private memory; a cell when the pack is complete.
 */
import { ENTRY, entriesFrom, entryWords, ITEMS_MAX } from './cell.js';
import type { Cell } from './cell.js';
import { KIND, Stage } from './codec.js';
import type { Encoder } from './codec.js';
import { encodePlain } from './plain.js';

const WORD_BYTES = 4;
/** What an array of plain values has beside them. */
const ARRAY_BYTES = 8;
/** Entries that there is memory for at first. */
const ENTRIES = 8;

export class PackBuilder {
  session = 0;
  queue = 0;
  flow = 0;
  priority = 0;
  /** Items in it. */
  count = 0;
  /** For the encoder. */
  readonly stage = new Stage();
  readonly #hasParts: boolean;
  readonly #stride: number;
  #entries: Int32Array;
  #doubles: Float64Array;
  /** Values of plain items, how many, and nearly how many bytes they take. Behind them may be some of a pack before: a list that
   *  stays as long as it is costs nothing. */
  readonly #plain: unknown[] = [];
  #plainCount = 0;
  #plainBytes = 0;

  /** @param hasParts items may become several. */
  constructor(hasParts: boolean) {
    this.#hasParts = hasParts;
    this.#stride = entryWords(hasParts);
    this.#entries = new Int32Array(ENTRIES * this.#stride);
    this.#doubles = new Float64Array(this.#entries.buffer);
  }

  begin(session: number, queue: number, flow: number, priority: number): this {
    this.session = session;
    this.queue = queue;
    this.flow = flow;
    this.priority = priority;
    return this;
  }

  /** Forgets its items. */
  clear(): void {
    this.count = 0;
    this.stage.clear();
    this.#plainCount = 0;
    this.#plainBytes = 0;
  }

  /** Bytes that it takes in a room, nearly. */
  get bytes(): number {
    const head = (entriesFrom(this.count) + this.count * this.#stride) * WORD_BYTES;
    return head + this.stage.length + this.#plainBytes + ARRAY_BYTES;
  }

  /** Adds the item whose value the encoder has written into the stage, or keeps a copy of. */
  add(root: number, flow: number, encoder: Encoder): void {
    const { kind, length } = encoder;
    if (kind === KIND.PLAIN) this.#addPlain(root, flow, length, encoder.plain);
    else this.#add(root, flow, kind, encoder.offset, length);
  }

  /** Adds the end of an item: there is no value. */
  addEnd(root: number, flow: number, kind: number): void {
    this.#add(root, flow, kind, 0, 0);
  }

  /** Where the item added last lies in its root's whole. */
  place(start: number, weight: number): void {
    const at = ((this.count - 1) * this.#stride) >> 1;
    this.#doubles[at + (ENTRY.START >> 1)] = start;
    this.#doubles[at + (ENTRY.WEIGHT >> 1)] = weight;
  }

  /** Writes the pack into a half of a cell; false if it is larger. */
  writeTo(cell: Cell, half: number, stamp: number): boolean {
    const { count } = this;
    const masks = entriesFrom(count);
    const head = (masks + count * this.#stride) * WORD_BYTES;
    const plainAt = head + this.stage.length;
    if (this.#plain.length > this.#plainCount) this.#plain.length = this.#plainCount;
    const plain = this.#plainCount === 0 ? undefined : encodePlain(this.#plain);
    const plainLength = plain === undefined ? 0 : plain.length;
    if (plainAt + plainLength > cell.room) return false;
    cell.fill(half, count, stamp, plainAt, plainLength);
    const room = cell.rooms[half]!;
    if (this.stage.length > 0) this.stage.buffer.copy(room, head, 0, this.stage.length);
    if (plain !== undefined) room.set(plain, plainAt);
    this.#writeEntries(cell, half, masks, head);
    return true;
  }

  /** Adds item `i` of a cell as it came, with what is known of its calls. @param value of a plain one. */
  addItem(cell: Cell, i: number, value: unknown): void {
    const kind = cell.kind(i);
    const length = cell.length(i);
    if (kind === KIND.PLAIN) {
      this.#addPlain(cell.root(i), cell.flow(i), length, value);
    } else {
      const at = this.stage.reserve(length);
      cell.content(i).copy(this.stage.buffer, at);
      this.stage.length = at + length;
      this.#add(cell.root(i), cell.flow(i), kind, at, length);
    }
    const entry = (this.count - 1) * this.#stride;
    this.#entries[entry + ENTRY.COUNTS] = cell.counts(i);
    if (this.#hasParts) this.place(cell.start(i), cell.weight(i));
  }

  /** A pack for each of its items: all of them in one are larger than was thought. */
  split(): PackBuilder[] {
    const { session, queue, flow, priority } = this;
    return Array.from({ length: this.count }, (_, i) => {
      const one = new PackBuilder(this.#hasParts).begin(session, queue, flow, priority);
      one.addFrom(this, i);
      return one;
    });
  }

  /** The root of an item. */
  rootOf(i: number): number {
    return this.#entries[i * this.#stride + ENTRY.ROOT]!;
  }

  /** Adds item `i` of another, as it stands there. */
  addFrom(other: PackBuilder, i: number): void {
    const from = i * other.#stride;
    const entries = other.#entries;
    const kind = entries[from + ENTRY.KIND]!;
    const offset = entries[from + ENTRY.OFFSET]!;
    const length = entries[from + ENTRY.LENGTH]!;
    const root = entries[from + ENTRY.ROOT]!;
    const flow = entries[from + ENTRY.FLOW]!;
    if (kind === KIND.PLAIN) {
      this.#addPlain(root, flow, length, other.#plain[offset]);
    } else {
      const at = length === 0 ? 0 : this.stage.reserve(length);
      if (length > 0) {
        other.stage.buffer.copy(this.stage.buffer, at, offset, offset + length);
        this.stage.length = at + length;
      }
      this.#add(root, flow, kind, at, length);
    }
    if (!this.#hasParts) return;
    const doubles = other.#doubles;
    this.place(doubles[(from + ENTRY.START) >> 1]!, doubles[(from + ENTRY.WEIGHT) >> 1]!);
  }

  #addPlain(root: number, flow: number, length: number, value: unknown): void {
    this.#add(root, flow, KIND.PLAIN, this.#plainCount, length);
    this.#plain[this.#plainCount++] = value;
    this.#plainBytes += length;
  }

  #add(root: number, flow: number, kind: number, offset: number, length: number): void {
    const at = this.count * this.#stride;
    if (at === this.#entries.length) this.#grow();
    const entries = this.#entries;
    entries[at + ENTRY.ROOT] = root;
    entries[at + ENTRY.FLOW] = flow;
    entries[at + ENTRY.KIND] = kind;
    entries[at + ENTRY.OFFSET] = offset;
    entries[at + ENTRY.LENGTH] = length;
    entries[at + ENTRY.COUNTS] = 0;
    this.count++;
  }

  /** Content lies behind the entries. */
  #writeEntries(cell: Cell, half: number, masks: number, head: number): void {
    const { words } = cell;
    const entries = this.#entries;
    const stride = this.#stride;
    const to = cell.roomWord(half) + masks;
    for (let at = 0, end = this.count * stride; at < end; at += stride) {
      const kind = entries[at + ENTRY.KIND]!;
      const offset = entries[at + ENTRY.OFFSET]!;
      words[to + at + ENTRY.ROOT] = entries[at + ENTRY.ROOT]!;
      words[to + at + ENTRY.FLOW] = entries[at + ENTRY.FLOW]!;
      words[to + at + ENTRY.KIND] = kind;
      words[to + at + ENTRY.OFFSET] = kind === KIND.PLAIN ? offset : head + offset;
      words[to + at + ENTRY.LENGTH] = entries[at + ENTRY.LENGTH]!;
      words[to + at + ENTRY.MARK] = 0;
      words[to + at + ENTRY.COUNTS] = entries[at + ENTRY.COUNTS]!;
      for (let w = ENTRY.START; w < stride; w++) words[to + at + w] = entries[at + w]!;
    }
  }

  #grow(): void {
    const most = ITEMS_MAX * this.#stride;
    const larger = new Int32Array(Math.min(most, 2 * this.#entries.length));
    larger.set(this.#entries);
    this.#entries = larger;
    this.#doubles = new Float64Array(larger.buffer);
  }
}

/** One item in a cell of its own: the value that the encoder has kept. */
export function writeLarge(
  cell: Cell,
  root: number,
  flow: number,
  encoder: Encoder,
  stamp: number,
  part?: { readonly start: number; readonly weight: number },
): void {
  const { needed } = encoder;
  const from = cell.roomWord(0) + entriesFrom(1);
  const at = (from - cell.roomWord(0) + cell.stride) * WORD_BYTES;
  cell.fill(0, 1, stamp, 0, 0);
  encoder.writeKept(cell.rooms[0].subarray(at, at + needed));
  const { words } = cell;
  words[from + ENTRY.ROOT] = root;
  words[from + ENTRY.FLOW] = flow;
  words[from + ENTRY.KIND] = encoder.kind;
  words[from + ENTRY.OFFSET] = at;
  words[from + ENTRY.LENGTH] = needed;
  words[from + ENTRY.MARK] = 0;
  words[from + ENTRY.COUNTS] = 0;
  if (part !== undefined) cell.place(from, part.start, part.weight);
}
