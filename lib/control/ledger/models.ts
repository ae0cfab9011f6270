/** What a device of a model begins with. */
import { MODELS } from '../../eventdev/limits.js';
import type { ModelName } from '../../eventdev/limits.js';
import { CLASSES, COUNTED, GROUPS, noCounts } from './names.js';
import type { ResourceName } from './names.js';
import { Owner } from './owner.js';
import { SequenceGroups } from './sequence-groups.js';

/** The ledger of a device. */
export interface Ledger {
  readonly model: ModelName;
  /** The device itself. */
  readonly device: Owner;
  /** The resources that the model has. */
  readonly names: ReadonlySet<ResourceName>;
  /** None on a host device, whose windows are memory. */
  readonly groups: SequenceGroups | null;
}

export function openLedger(model: ModelName): Ledger {
  const limits = MODELS[model];
  const isHost = model === 'host';
  const groups = isHost ? null : new SequenceGroups();
  const names = new Set<ResourceName>(['ports', 'historyEntries']);
  const counts = noCounts();
  for (const name of COUNTED) {
    counts[name] = limits[name];
    // A device has all the memory that there is: only a quota of it is told.
    if (limits[name] > 0 && name !== 'memory') names.add(name);
  }
  const classes = isHost ? 1 : CLASSES;
  if (!isHost) {
    for (let i = 0; i < CLASSES; i++) names.add(`classPorts${i}`);
    for (let i = 0; i < GROUPS; i++) names.add(`sequenceSlots${i}`);
  }
  const all = {
    counts,
    classPorts: Array.from({ length: classes }, () => limits.ports / classes),
    history: { at: 0, length: limits.historyEntries },
    sequenceSlots: Array.from({ length: isHost ? 0 : GROUPS }, (_, group) => groups!.slots(group)),
  };
  return { model, device: new Owner(all, names), names, groups };
}

/** Another mode of a group: the device has another number of slots, all free.
 *  @throws DlbError ERR_DLB_NOT_PERMITTED, ERR_DLB_INVALID_ARGUMENT */
export function setMode({ device, groups }: Ledger, group: number, sequences: number): void {
  groups!.setMode(group, sequences, device.freeSlots(group));
  device.setSlots(group, groups!.slots(group));
}
