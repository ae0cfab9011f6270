/**
 * Parcels whose cells this thread does not know: large ones that were announced before it began to listen.
 *
 * Runs on: the worker. What comes behind such a parcel, of its flow, waits with it.
 */
import type { Latch } from '../idle/latch.js';
import type { Cells } from './cells.js';
import { flowKeyOf } from './held.js';
import { largeId } from './large-ids.js';
import type { Parcel } from './parcel.js';
import { HALF_BIT } from './task.js';

/** Who counts the parcels that are open, and goes on with one whose cell has come. */
interface FetchHost {
  parcels: number;
  advance(parcel: Parcel): void;
}

export class Fetches {
  readonly #cells: Cells;
  readonly #latch: Latch;
  readonly #host: FetchHost;
  /** Parcels that wait for their cells, by stage and the flow of their event, and those behind them. */
  readonly #fetching = new Map<number, Parcel[]>();

  constructor(cells: Cells, latch: Latch, host: FetchHost) {
    this.#cells = cells;
    this.#latch = latch;
    this.#host = host;
  }

  /** Asks for the parcel's cell. */
  async fetch(parcel: Parcel, behind: Parcel[] = []): Promise<void> {
    const { event, runner } = parcel;
    const key = flowKeyOf(runner, event.flowId(0));
    this.#host.parcels++;
    if (runner.isKeyed) this.#fetching.set(key, behind);
    const high = event.payloadHigh(0);
    const cell = await this.#cells.large.want(largeId(event.payload(0), high));
    cell.select(high & HALF_BIT, 0);
    parcel.show(cell);
    this.#arrived(parcel);
    if (runner.isKeyed) this.#goOnBehind(key, behind);
    this.#latch.open();
  }

  /** Keeps a parcel behind one of its flow that waits for its cell. */
  wait(parcel: Parcel): boolean {
    if (this.#fetching.size === 0 || !parcel.runner.isKeyed) return false;
    const behind = this.#fetching.get(flowKeyOf(parcel.runner, parcel.event.flowId(0)));
    if (behind === undefined) return false;
    behind.push(parcel);
    this.#host.parcels++;
    return true;
  }

  /** Those that waited for a cell of their flow, up to the next that has none. */
  #goOnBehind(key: number, behind: Parcel[]): void {
    this.#fetching.delete(key);
    for (let next = behind.shift(); next !== undefined; next = behind.shift()) {
      if (next.cell !== undefined) {
        this.#arrived(next);
        continue;
      }
      this.#host.parcels--;
      return void this.fetch(next, behind);
    }
  }

  #arrived(parcel: Parcel): void {
    this.#host.parcels--;
    this.#host.advance(parcel);
  }
}
