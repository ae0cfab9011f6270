/**
 * Cells for items that no buffer of the domain has room for, or for which none is free: each in memory of
 * its own, known to all threads by its id.
 *
 * Runs on: every thread, with the main thread as the one that keeps what is alive. Whoever makes a cell
 * announces it on a channel before it enqueues the event, so whoever gets the event finds the announcement
 * waiting. Only a thread that joined later has to ask, and the main thread announces again. When
 * the item has come out, the main thread tells all to forget.
 */
import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { DlbError } from '../eventdev/errors.js';
import { Cell, cellBytes, entriesFrom, entryWords } from './cell.js';
import { BlockIds } from '../mempool/index.js';

interface Made {
  /** 'again': somebody asked, so others know it. */
  readonly kind: 'made' | 'again';
  readonly id: number;
  readonly root: number;
  readonly room: number;
  readonly memory: SharedArrayBuffer;
  /** What its items share with others. */
  readonly shared: readonly SharedArrayBuffer[];
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

/** Rooms are a multiple of this: the second starts at a cache line as well. */
const BYTES_STEP = 64;
const WORD_BYTES = 4;

export class LargeCells {
  /** Bytes of memory that are known here. */
  bytes = 0;
  /** What another thread announced cannot be. */
  onDefect: (error: unknown) => void = (error) => {
    throw error;
  };
  readonly #channel: BroadcastChannel;
  readonly #isMain: boolean;
  readonly #cells = new Map<number, { cell: Cell; made: Made }>();
  readonly #ofRoots = new Map<number, number[]>();
  readonly #prepared = new WeakMap<Cell, Made>();
  readonly #awaited = new Map<number, (cell: Cell) => void>();
  readonly #ids: BlockIds;
  readonly #stride: number;

  /** @param blocks see `BlockIds`. @param hasParts items may become several. */
  constructor(channel: string, blocks: Int32Array, isMain: boolean, hasParts: boolean) {
    this.#stride = entryWords(hasParts);
    this.#ids = new BlockIds(blocks);
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

  /** A new cell for one item of `least` bytes. Nobody knows it until it is announced. */
  prepare(root: number, least: number, shared: readonly SharedArrayBuffer[] = []): Cell {
    const bytes = (entriesFrom(1) + this.#stride) * WORD_BYTES + least;
    const room = Math.ceil(bytes / BYTES_STEP) * BYTES_STEP;
    const memory = allocate(cellBytes(room));
    const id = this.#ids.next();
    const made: Made = { kind: 'made', id, root, room, memory, shared };
    const cell = this.#cellOf(made);
    this.#prepared.set(cell, made);
    return cell;
  }

  /** @throws DlbError ERR_DLB_INTERNAL_ERROR when there is a cell of that id. */
  announce(cell: Cell): void {
    const made = this.#prepared.get(cell)!;
    this.#add(made, cell);
    this.#channel.postMessage(made);
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
    try {
      this.#heed(notice);
    } catch (error) {
      this.onDefect(error);
    }
  }

  /** @throws as `announce`. */
  #heed(notice: Notice): void {
    if (notice.kind === 'freed') this.#forget(notice.ids);
    else if (notice.kind === 'wanted') this.#again(notice.id);
    else this.#add(notice);
  }

  #again(id: number): void {
    const known = this.#isMain ? this.#cells.get(id) : undefined;
    if (known !== undefined) this.#channel.postMessage({ ...known.made, kind: 'again' });
  }

  #add(made: Made, cell = this.#cellOf(made)): void {
    const { id } = made;
    if (this.#cells.has(id)) {
      if (made.kind === 'again') return;
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', 'two large cells have one id', { id });
    }
    this.#cells.set(id, { cell, made });
    this.bytes += made.memory.byteLength;
    const siblings = this.#ofRoots.get(made.root);
    if (siblings === undefined) this.#ofRoots.set(made.root, [id]);
    else siblings.push(id);
    this.#awaited.get(id)?.(cell);
    this.#awaited.delete(id);
  }

  #cellOf({ id, memory, room, shared }: Made): Cell {
    const cell = new Cell(id, true, memory, 0, room, this.#stride);
    cell.shared = shared;
    return cell;
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

function allocate(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    const error = new DlbError('ERR_DLB_NO_MEMORY', 'no memory for a large item', { bytes });
    error.cause = cause;
    throw error;
  }
}
