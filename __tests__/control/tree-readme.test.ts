/** The table of paths in the README is that of the code. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { NodeDescription } from '../../lib/index.js';
import { inlineDevice } from '../contracts/harness.js';
import { wholeSpec } from './whole-spec.js';

const FILE = new URL('../../../lib/control/tree/README.md', import.meta.url);

/** What is there as often as there are ids is told once. */
function general(path: string): string {
  return path
    .replace(/(?<=domains\/|queues\/|ports\/|profiles\/|iqUsed\/)\d+/g, 'N')
    .replace(/(?<=xstats\/).+/, 'NAME')
    .replace(/(?<=resources\/)[^/]+/, 'NAME');
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
    at.includes('resources/NAME')
      ? cell.replaceAll(path.split('/')[2]!, 'NAME')
      : cell.replace(/(?<=on level )\d/, 'N'),
  );
  return `| \`${at}\` | ${text.join(' | ')} |`;
}

test('every path is in the table, and the table has no other', async () => {
  const device = await inlineDevice();
  await device.createDomain(wholeSpec());
  const leaves = device.tree.walk().filter(({ type }) => type !== 'branch');
  const rows = [...new Map(leaves.map((node) => [general(node.path), row(node)])).values()];
  const readme = readFileSync(FILE, 'utf8');
  const table = /^## The paths$[\s\S]*?(?<table>(?:^\|.*\n)+)/m.exec(readme)!.groups!['table']!;
  expect(table.trim().split('\n').slice(2)).toEqual(rows);
});
