/** Slots of sequence numbers for the ordered queues of one domain. */
import { DlbError } from '../../eventdev/errors.js';
import type { Rules, SlotPicker } from '../model-rules.js';
import type { Ledger } from './models.js';
import type { Owner } from './owner.js';
import type { SequenceGroups } from './sequence-groups.js';

/** What a specification of this owner may say. */
export function rulesOf({ groups }: Ledger, owner: Owner): Rules {
  return groups === null ? null : { slots: slotPicker(groups, owner) };
}

/** Picks, and takes nothing: whether there are so many is verified with the rest of the demand. */
function slotPicker(groups: SequenceGroups, owner: Owner): SlotPicker {
  const picked = groups.modes.map(() => 0);
  const isFree = (group: number): boolean => picked[group]! < owner.freeSlots(group);
  const take = (group: number): number => {
    picked[group]!++;
    return groups.modes[group]!;
  };
  return {
    picked,
    pick(sequences: unknown, at: string): number {
      const all = groups.modes.map((_, group) => group);
      const fitting =
        sequences === undefined ? all : all.filter((group) => groups.modes[group] === sequences);
      if (fitting.length > 0) return take(fitting.find(isFree) ?? fitting[0]!);
      throw new DlbError(
        'ERR_DLB_SEQUENCE_NUMBERS_UNAVAILABLE',
        'no group has slots of that size',
        {
          field: at,
          value: sequences,
          sizes: groups.modes.join(' '),
        },
      );
    },
  };
}
