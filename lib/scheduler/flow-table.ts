/**
 * Which port holds which flow of an atomic queue.
 *
 * A slot is one word: count << 8 | parked << 7 | port + 1; 0 is an idle flow. Flows whose ids fold
 * into the same slot are exclusive together. A parked flow's record index is in a table beside it.
 */
import { FLOW_MASK } from '../eventdev/event.js';

export const HELD_BY = 0x7f;
export const PARKED = 0x80;
export const ONE_EVENT = 0x100;
const COUNT_SHIFT = 8;

export class FlowTable {
  /** The word offset of slot 0. */
  readonly table: number;
  /** Slots, less one. */
  readonly mask: number;
  readonly #records: number;

  constructor(table: number, records: number, flows: number) {
    this.table = table;
    this.#records = records;
    this.mask = flows - 1;
  }

  /** The slot of an event, given its first word: a word offset of scheduler memory. */
  slotOf(word0: number): number {
    return this.table + foldFlow(word0, this.mask);
  }

  /** Where the record index of a slot is kept. */
  recordAt(slot: number): number {
    return slot - this.table + this.#records;
  }
}

/** An event's flow, given its first word, as an index of a table. Folded as event_sw does; ids below
 *  the table's size and below 1024 have slots of their own. */
export function foldFlow(word0: number, mask: number): number {
  const flow = word0 & FLOW_MASK;
  return (flow ^ (flow >>> 10)) & mask;
}

export function flowCount(flow: number): number {
  return flow >>> COUNT_SHIFT;
}
