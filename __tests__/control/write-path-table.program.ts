/** Writes the table of paths into the README of the tree. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathTable, README, TABLE } from './path-table.js';

const rows = await pathTable();
const readme = readFileSync(README, 'utf8');
writeFileSync(
  README,
  readme.replace(TABLE, (_, head: string) => `${head}${rows.join('\n')}\n`),
);
