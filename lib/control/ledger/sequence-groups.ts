/**
 * The two groups of sequence numbers of a DLB: 1024 each, dealt out in slots of one size per group.
 *
 * Runs on: the thread that opened the device. The mode of a group is the device's, not an owner's.
 */
import { DlbError } from '../../eventdev/errors.js';
import * as field from '../fields.js';
import { GROUPS } from './names.js';

const NUMBERS = 1024;
/** Sequence numbers of a slot. */
export const SLOT_SIZES = [64, 128, 256, 512, 1024] as const;

export class SequenceGroups {
  readonly #modes: number[] = Array.from({ length: GROUPS }, () => SLOT_SIZES[0]);

  /** Sequence numbers of each slot, by group. */
  get modes(): readonly number[] {
    return this.#modes;
  }

  slots(group: number): number {
    return NUMBERS / this.#modes[group]!;
  }

  /** @throws DlbError ERR_DLB_INVALID_ARGUMENT; ERR_DLB_NOT_PERMITTED while a slot is used or assigned */
  setMode(group: number, sequences: number, free: number): void {
    checkGroup(group);
    if (!(SLOT_SIZES as readonly number[]).includes(sequences)) {
      throw field.invalid(
        'sequences',
        sequences,
        SLOT_SIZES.join(' | '),
        'ERR_DLB_INVALID_ARGUMENT',
      );
    }
    const slots = this.slots(group);
    if (free < slots) {
      throw new DlbError('ERR_DLB_NOT_PERMITTED', 'slots of the group are used or assigned', {
        field: 'group',
        group,
        slots,
        taken: slots - free,
      });
    }
    this.#modes[group] = sequences;
  }
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT */
export function checkGroup(group: number): number {
  const code = 'ERR_DLB_INVALID_ARGUMENT';
  return field.wholeNumber(group, 'group', { min: 0, max: GROUPS - 1, code });
}
