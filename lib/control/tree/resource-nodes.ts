/** Whatever a report of resources names. */
import type { ResourceReport } from '../ledger/owner.js';
import { branch, leaf, level, number } from './node.js';
import type { TreeNode } from './node.js';

export function resourceNodes(report: ResourceReport): Map<string, TreeNode> {
  return new Map(
    Object.entries(report).map(([name, { total, available, longest }]) => {
      const nodes = new Map<string, TreeNode>([
        ['total', leaf(number(name, `All ${name} that there are, taken or not`), () => total)],
        ['available', leaf(level(name, `Those ${name} that nobody has taken`), () => available)],
      ]);
      if (longest !== undefined) {
        const field = level(name, `Most ${name} that can be had at once`);
        nodes.set(
          'longest',
          leaf(field, () => longest),
        );
      }
      return [name, branch(`How many ${name} there are`, () => nodes)];
    }),
  );
}
