/** The table of paths in lib/control/tree/README.md, made from what the tree says. */
import { openDevice } from '../../lib/index.js';
import type { NodeDescription } from '../../lib/index.js';
import { wholeSpec } from './whole-spec.js';

export const README = new URL('../../../lib/control/tree/README.md', import.meta.url);

/** Finds the table: its two lines of heading, and its rows. */
export const TABLE = /(?<=^## The paths$[\s\S]*?)(?<head>^\|.*\n^\|.*\n)(?<rows>(?:^\|.*\n)+)/m;

/** A row for each leaf that a device can have. */
export async function pathTable(): Promise<string[]> {
  await using device = await openDevice({ scheduling: 'inline' });
  await using dlb = await openDevice({ scheduling: 'inline', model: 'dlb2.0' });
  await device.createDomain(wholeSpec());
  await device.createVirtualDevice({ quota: { domains: 1 } });
  const leaves = [...dlb.tree.walk(), ...device.tree.walk()].filter(
    ({ type }) => type !== 'branch',
  );
  return [...new Map(leaves.map((node) => [general(node.path), row(node)])).values()];
}

/** What is there as often as there are ids is told once. */
function general(path: string): string {
  return path
    .replace(
      /(?<=domains\/|queues\/|ports\/|profiles\/|iqUsed\/|virtual\/|groups\/|classes\/)\d+/gi,
      'N',
    )
    .replace(/(?<=xstats\/).+/, 'NAME')
    .replace(/(?<=resources\/|quota\/|available\/)[^/]+/, 'NAME');
}

function row({ path, type, unit, allowed, help }: NodeDescription): string {
  const at = general(path);
  const isNamed = at.endsWith('xstats/NAME');
  const cells = isNamed
    ? ['number', '', 'rw if a count: 0', 'A count or level by its name in eventdev']
    : [type, unit, allowed === undefined ? '' : `rw: ${allowed.replace(/^0: .*/, '0')}`, help];
  const plain = cells.map((cell) => (cell === '-' ? '' : cell.replaceAll('|', '\\|')));
  // Resources are named in unit and help, levels in help.
  const text = plain.map((cell) =>
    /(?:resources|quota|available)\/NAME/.test(at)
      ? cell.replaceAll(path.split('/')[at.split('/').indexOf('NAME')]!, 'NAME')
      : cell.replace(/(?<=on level )\d/, 'N'),
  );
  return `| \`${at}\` | ${text.join(' | ')} |`;
}
