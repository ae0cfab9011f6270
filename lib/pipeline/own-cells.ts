/**
 * The cells that the main thread has for good: their handles never change, both sides keep their views, and nothing is
 * allocated per item. What other threads have allocated goes back to the pool.
 */
import { DlbError } from '../eventdev/errors.js';
import type { BufferPool } from '../mempool/index.js';
import type { Cell } from './cell.js';
import type { Cells } from './cells.js';

export class OwnCells {
  readonly #pool: BufferPool;
  readonly #all: ReadonlyMap<number, Cell>;
  /** The one used last is used next: it is near. */
  readonly #free: Cell[];

  /** @param count as many as there may be packs in flight. */
  constructor(pool: BufferPool, cells: Cells, count: number) {
    this.#pool = pool;
    const handles = new Int32Array(count);
    if (!pool.allocMany(count, handles)) {
      const what = 'the buffers of a new domain are not free';
      throw new DlbError('ERR_DLB_INTERNAL_ERROR', what, { count });
    }
    this.#free = Array.from(handles, (handle) => cells.ofBuffer(handle));
    this.#all = new Map(this.#free.map((cell) => [cell.id, cell]));
  }

  /** One for a pack; there is always one, since each that is in use has an item in flight. */
  take(): Cell {
    return this.#free.pop()!;
  }

  /** The buffer with this handle is no longer in use. */
  give(home: number): void {
    const own = this.#all.get(home);
    if (own === undefined) this.#pool.free(home);
    else this.#free.push(own);
  }
}
