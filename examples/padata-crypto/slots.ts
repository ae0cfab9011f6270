/** The Piscina contestant's shared memory: slots of a few units each, and the units' lengths. */

/** Plain data: it travels to the threads. */
export interface SlotMemory {
  readonly slots: number;
  /** Units of one slot. */
  readonly batch: number;
  /** Room of one unit. */
  readonly room: number;
  readonly bytes: SharedArrayBuffer;
  readonly lengths: SharedArrayBuffer;
}

export interface SlotViews {
  readonly batch: number;
  /** Every unit's room, by slot and place in the slot. */
  readonly units: readonly Uint8Array[];
  /** Input length before the task, result length after it. */
  readonly lengths: Int32Array;
}

export function makeSlots(slots: number, batch: number, room: number): SlotMemory {
  const bytes = new SharedArrayBuffer(slots * batch * room);
  const lengths = new SharedArrayBuffer(slots * batch * Int32Array.BYTES_PER_ELEMENT);
  return { slots, batch, room, bytes, lengths };
}

export function slotViews({ slots, batch, room, bytes, lengths }: SlotMemory): SlotViews {
  const units = Array.from(
    { length: slots * batch },
    (_, at) => new Uint8Array(bytes, at * room, room),
  );
  return { batch, units, lengths: new Int32Array(lengths) };
}
