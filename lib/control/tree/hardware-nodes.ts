/** What only the models of the hardware have: groups of sequence numbers, classes of service. */
import { CLASSES, GROUPS } from '../ledger/names.js';
import { branch, leaf, level, number } from './node.js';
import type { TreeNode, Writer } from './node.js';
import type { TreeDevice } from './subject.js';
import { wholeNumber } from './writers.js';

const ALLOCATION = number('sequences', 'Sequence numbers of each slot of the group');
const OCCUPANCY = level('slots', 'Slots of the group that are used or assigned');
const BANDWIDTH = number('%', 'Share of scheduling that the class is promised: kept, not enforced');
const PERCENT = { min: 0, max: 100 };
const ALLOCATIONS = { min: 64, max: 1024 };

export function hardwareNodes(device: TreeDevice): [string, TreeNode][] {
  if (device.info.model === 'host') return [];
  return [
    [
      'sequenceGroups',
      branch('Groups of sequence numbers', () =>
        each(GROUPS, 'A group of sequence numbers', (group) => [
          [
            'allocation',
            leaf(ALLOCATION, () => device.sequenceAllocation(group), allocate(device, group)),
          ],
          ['occupancy', leaf(OCCUPANCY, () => device.sequenceOccupancy(group))],
        ]),
      ),
    ],
    [
      'classes',
      branch('Classes of service', () =>
        each(CLASSES, 'A class of service', (cos) => [
          [
            'bandwidth',
            leaf(
              BANDWIDTH,
              () => device.classBandwidth(cos),
              wholeNumber(PERCENT, (percent) => device.setClassBandwidth(cos, percent)),
            ),
          ],
        ]),
      ),
    ],
  ];
}

function each(
  count: number,
  help: string,
  nodes: (i: number) => [string, TreeNode][],
): Map<string, TreeNode> {
  return new Map(
    Array.from({ length: count }, (_, i) => [String(i), branch(help, () => new Map(nodes(i)))]),
  );
}

function allocate(device: TreeDevice, group: number): Writer {
  const set = (sequences: number): void => device.setSequenceAllocation(group, sequences);
  return { ...wholeNumber(ALLOCATIONS, set), allowed: '64 | 128 | 256 | 512 | 1024' };
}
