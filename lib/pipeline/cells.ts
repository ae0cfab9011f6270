/** One thread's views of the cells, by what an event's payload says. */
import { bufferIndex } from '../mempool/index.js';
import type { BufferPool } from '../mempool/index.js';
import { BUFFERS_MAX } from '../eventdev/limits.js';
import type { EventBurst } from '../eventdev/event-burst.js';
import { Cell, entryWords } from './cell.js';
import type { LargeCells } from './large-cells.js';
import { largeId } from './large-ids.js';
import { HALF_BIT, LARGE_BIT, MASK_BIT, MASK_SHIFT } from './task.js';

export class Cells {
  readonly large: LargeCells;
  /** So that the reads of `touch` are not for nothing. */
  seen = 0;
  readonly #pool: BufferPool;
  readonly #room: number;
  readonly #stride: number;
  /** By index: the same buffer has another handle each time it is allocated. */
  readonly #cells: (Cell | undefined)[] = [];

  /** @param room of a half. @param hasParts items may become several. */
  constructor(pool: BufferPool, large: LargeCells, room: number, hasParts: boolean) {
    this.#pool = pool;
    this.large = large;
    this.#room = room;
    this.#stride = entryWords(hasParts);
  }

  /** The cell of an event that this thread holds; undefined when a large one is not known here. */
  find(payload: number, payloadHigh: number): Cell | undefined {
    const isLarge = (payloadHigh & LARGE_BIT) !== 0;
    const cell = isLarge ? this.large.find(largeId(payload, payloadHigh)) : this.ofBuffer(payload);
    cell?.select(payloadHigh & HALF_BIT, (payloadHigh & MASK_BIT) >> MASK_SHIFT);
    return cell;
  }

  /**
   * Looks at the cells of a burst: what another core has written has to come from there, and independent
   * looks wait for each other no more than for the first.
   */
  touch(burst: EventBurst): void {
    let { seen } = this;
    for (let i = 0; i < burst.length; i++) {
      const index = bufferIndex(burst.payload(i), BUFFERS_MAX);
      const high = burst.payloadHigh(i);
      if ((high & LARGE_BIT) === 0 && index >= 0)
        seen += this.#cells[index]?.touch(high & HALF_BIT) ?? 0;
    }
    this.seen = seen | 0;
  }

  /** The cell in a buffer that is allocated. */
  ofBuffer(handle: number): Cell {
    const index = bufferIndex(handle, BUFFERS_MAX);
    const known = this.#cells[index];
    if (known !== undefined && known.id === handle) return known;
    const { buffer, byteOffset } = this.#pool.view(handle);
    const cell = new Cell(
      handle,
      false,
      buffer as unknown as SharedArrayBuffer,
      byteOffset,
      this.#room,
      this.#stride,
    );
    this.#cells[index] = cell;
    return cell;
  }
}
