/**
 * Cells for items that no buffer of the domain has room for, or for which none is free: each in memory of
 * its own, known to all threads by its id.
 *
 * Runs on: every thread, with the main thread as the one that keeps what is alive. Whoever makes a cell
 * announces it on a channel before it enqueues the event, so whoever gets the event finds the announcement
 * waiting. Only a thread that joined later has to ask, and the main thread announces again. When
 * the item has come out, the main thread tells all to forget.
 */
import { BroadcastChannel, receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { Cell, cellBytes } from './cell.js';

interface Made {
  readonly kind: 'made';
  readonly id: number;
  readonly root: number;
  readonly bytes: number;
  readonly memory: SharedArrayBuffer;
}
interface Freed {
  readonly kind: 'freed';
  readonly ids: readonly number[];
}
interface Wanted {
  readonly kind: 'wanted';
  readonly id: number;
}
type Notice = Made | Freed | Wanted;

/** An id is the maker's thread above a count: a thread that replaces another begins anew, with other ids. */
const COUNT_BITS = 20;
const THREAD_MASK = 0x7ff;
/** Rooms are a multiple of this: the second starts at a cache line as well. */
const BYTES_STEP = 64;

export class LargeCells {
  /** Bytes of memory that are known here. */
  bytes = 0;
  readonly #channel: BroadcastChannel;
  readonly #isMain: boolean;
  readonly #cells = new Map<number, { cell: Cell; made: Made }>();
  readonly #ofRoots = new Map<number, number[]>();
  readonly #prepared = new WeakMap<Cell, Made>();
  readonly #awaited = new Map<number, (cell: Cell) => void>();
  #count = 0;

  constructor(channel: string, isMain: boolean) {
    this.#channel = new BroadcastChannel(channel);
    this.#channel.addEventListener('message', (event) =>
      this.#take((event as Event & { data: Notice }).data),
    );
    // The threads, not their talk, keep the process alive.
    (this.#channel as BroadcastChannel & { unref(): void }).unref();
    this.#isMain = isMain;
  }

  /** Cells known here. */
  get size(): number {
    return this.#cells.size;
  }

  /** A new cell whose rooms hold `least` bytes; all threads know it by now. */
  make(root: number, least: number): Cell {
    const cell = this.prepare(root, least);
    this.announce(cell);
    return cell;
  }

  /** As `make`, but nobody knows it until it is announced: it may turn out not to be needed. */
  prepare(root: number, least: number): Cell {
    const bytes = Math.ceil(Math.max(least, 1) / BYTES_STEP) * BYTES_STEP;
    const memory = new SharedArrayBuffer(cellBytes(bytes));
    this.#count = (this.#count + 1) & ((1 << COUNT_BITS) - 1);
    const id = ((threadId & THREAD_MASK) << COUNT_BITS) | this.#count;
    const cell = new Cell(id, true, memory, 0, bytes);
    this.#prepared.set(cell, { kind: 'made', id, root, bytes, memory });
    return cell;
  }

  announce(cell: Cell): void {
    const made = this.#prepared.get(cell)!;
    this.#channel.postMessage(made);
    this.#add(made, cell);
  }

  /** The cell of an event that this thread holds; undefined when it was announced before the thread
   *  joined: then `want` it. */
  find(id: number): Cell | undefined {
    const known = this.#cells.get(id);
    if (known !== undefined) return known.cell;
    this.drain();
    return this.#cells.get(id)?.cell;
  }

  want(id: number): Promise<Cell> {
    return new Promise((resolve) => {
      this.#awaited.set(id, resolve);
      const wanted: Wanted = { kind: 'wanted', id };
      this.#channel.postMessage(wanted);
    });
  }

  /** The main thread: all of this root has come out. */
  freeOf(root: number): void {
    const ids = this.#ofRoots.get(root);
    if (ids === undefined) return;
    const freed: Freed = { kind: 'freed', ids };
    this.#channel.postMessage(freed);
    this.#forget(ids);
  }

  /** Takes what was announced by now. */
  drain(): void {
    for (;;) {
      // Works with a BroadcastChannel as well, says Node's documentation; the types do not.
      const port = this.#channel as unknown as MessagePort;
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      this.#take(received.message as Notice);
    }
  }

  close(): void {
    this.#channel.close();
  }

  #take(notice: Notice): void {
    if (notice.kind === 'freed') this.#forget(notice.ids);
    else if (notice.kind === 'made') this.#add(notice);
    else if (this.#isMain) this.#again(notice.id);
  }

  #again(id: number): void {
    const known = this.#cells.get(id);
    if (known !== undefined) this.#channel.postMessage(known.made);
  }

  #add(made: Made, cell = new Cell(made.id, true, made.memory, 0, made.bytes)): void {
    if (this.#cells.has(made.id)) return;
    this.#cells.set(made.id, { cell, made });
    this.bytes += made.memory.byteLength;
    const siblings = this.#ofRoots.get(made.root);
    if (siblings === undefined) this.#ofRoots.set(made.root, [made.id]);
    else siblings.push(made.id);
    this.#awaited.get(made.id)?.(cell);
    this.#awaited.delete(made.id);
  }

  #forget(ids: readonly number[]): void {
    for (const id of ids) {
      const known = this.#cells.get(id);
      if (known === undefined) continue;
      this.bytes -= known.made.memory.byteLength;
      this.#cells.delete(id);
      this.#ofRoots.delete(known.made.root);
    }
  }
}
