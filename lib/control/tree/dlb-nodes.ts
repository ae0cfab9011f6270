/** `device/sequenceGroups/N` and `device/classes/N`: what devices of the DLB models have besides. */
import { CLASSES, GROUPS } from '../ledger/names.js';
import { SLOT_SIZES } from '../ledger/sequence-groups.js';
import { branch, leaf, level, number } from './node.js';
import type { TreeNode } from './node.js';
import type { TreeDevice } from './subject.js';
import { wholeNumber } from './writers.js';

const SEQUENCES = number('sequence numbers', 'Sequence numbers of each slot of the group');
const OCCUPANCY = level('slots', 'Slots that are used or assigned; with 0 the size may be changed');
const BANDWIDTH = number('percent', 'Share of scheduling that the class is promised');

/** None on a host device. */
export function dlbNodes(device: TreeDevice): [string, TreeNode][] {
  if (device.info.model === 'host') return [];
  const sizes = { min: SLOT_SIZES[0], max: SLOT_SIZES.at(-1)! };
  const group = (id: number): TreeNode =>
    branch('A group of sequence numbers', () => {
      const set = (size: number): void => device.setSequenceAllocation(id, size);
      const sequences = (): number => device.sequenceAllocation(id);
      return new Map<string, TreeNode>([
        ['sequences', leaf(SEQUENCES, sequences, wholeNumber(sizes, set))],
        ['occupancy', leaf(OCCUPANCY, () => device.sequenceOccupancy(id))],
      ]);
    });
  const cos = (id: number): TreeNode =>
    branch('A class of service', () => {
      const set = (percent: number): void => device.setClassBandwidth(id, percent);
      const bandwidth = (): number => device.classBandwidth(id);
      return new Map([
        ['bandwidth', leaf(BANDWIDTH, bandwidth, wholeNumber({ min: 0, max: 100 }, set))],
      ]);
    });
  return [
    [
      'sequenceGroups',
      branch('DLB models: groups of sequence numbers', () => numbered(GROUPS, group)),
    ],
    ['classes', branch('DLB models: classes of service', () => numbered(CLASSES, cos))],
  ];
}

function numbered(count: number, node: (id: number) => TreeNode): Map<string, TreeNode> {
  return new Map(Array.from({ length: count }, (_, id) => [String(id), node(id)]));
}
