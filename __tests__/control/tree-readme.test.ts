/** The table of paths in the README is that of the code. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { pathTable, README, TABLE } from './path-table.js';

// `node dist/__tests__/control/write-path-table.program.js` brings it up to date.
test('every path is in the table, and the table has no other', async () => {
  const { rows } = TABLE.exec(readFileSync(README, 'utf8'))!.groups!;
  expect(rows!.trim().split('\n')).toEqual(await pathTable());
});
