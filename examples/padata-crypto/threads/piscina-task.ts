/**
 * The Piscina contestant's task: encrypts the units of one slot of shared memory in place.
 *
 * The data never travels: a task is three numbers, its answer nothing.
 */
import { workerData } from 'node:worker_threads';
import { ctrSeal } from '../ctr.js';
import type { CtrContext } from '../ctr.js';
import { packetSeal } from '../packet.js';
import type { PacketContext } from '../packet.js';
import type { Seal } from '../seal.js';
import { slotViews } from '../slots.js';
import type { SlotMemory, SlotViews } from '../slots.js';

/** What the pool gives to each thread once. */
export interface SlotContext {
  readonly slots: SlotMemory;
  readonly packets?: PacketContext;
  readonly chunks?: CtrContext;
}

export interface SlotTask {
  readonly slot: number;
  /** Number of the slot's first unit. */
  readonly first: number;
  /** Units in the slot. */
  readonly count: number;
}

let seal: Seal;
let views: SlotViews | undefined;

export default function encryptSlot({ slot, first, count }: SlotTask): void {
  views ??= prepare(workerData as SlotContext);
  const { units, lengths, batch } = views;
  for (let i = 0; i < count; i++) {
    const at = slot * batch + i;
    lengths[at] = seal(units[at]!, lengths[at]!, first + i);
  }
}

function prepare({ slots, packets, chunks }: SlotContext): SlotViews {
  seal = packets === undefined ? ctrSeal(chunks!) : packetSeal(packets);
  return slotViews(slots);
}
