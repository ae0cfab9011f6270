/** The slots of a port as control sees them: one word each, written by the scheduler. */

/** Queues that a port of a DLB can be linked to. */
export const SLOTS = 8;

/** What a slot can be. */
export const SLOT = {
  UNMAPPED: 0,
  MAPPED: 1,
  MAP_IN_PROGRESS: 2,
  UNMAP_IN_PROGRESS: 3,
  /** Another queue waits for the slot. */
  UNMAP_PENDING_MAP: 4,
} as const;

const QUEUE_SHIFT = 8;
const PENDING_SHIFT = 16;
const ID_MASK = 0xff;
/** No queue has this id. */
export const NO_QUEUE = 0xff;

export function slotWord(state: number, queue: number, pending: number): number {
  return state | (queue << QUEUE_SHIFT) | (pending << PENDING_SHIFT);
}
export function slotState(word: number): number {
  return word & ID_MASK;
}
export function slotQueue(word: number): number {
  return (word >>> QUEUE_SHIFT) & ID_MASK;
}
export function slotPending(word: number): number {
  return (word >>> PENDING_SHIFT) & ID_MASK;
}
