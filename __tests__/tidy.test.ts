/**
 * The rules of this repository, applied to this repository. Each rule is a pure function in tidy/,
 * shown there to be able to fail.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { markdownLinks, npmCommands, orderingLabels } from './tidy/documents.js';
import { importLadder } from './tidy/ladder.js';
import { atomicsOutsideWords, fileLength, leftOvers, machineAddresses } from './tidy/source.js';
import { readTree } from './tidy/tree.js';

// This file runs from dist/__tests__.
const tree = readTree(fileURLToPath(new URL('../../', import.meta.url)));

test('the rules see the repository', () => {
  expect([...tree.keys()]).toEqual(
    expect.arrayContaining(['package.json', 'lib/memory/words.ts', '__tests__/tidy.test.ts']),
  );
});

test.each([
  ['a folder imports only what the ladder lets it', importLadder],
  ['Atomics is used in lib/memory/words.ts only', atomicsOutsideWords],
  ['no source file is longer than the limit', fileLength],
  ['nothing is left open, and no test is skipped or runs alone', leftOvers],
  ['no file names a machine or a download address', machineAddresses],
  ['links in documents lead somewhere', markdownLinks],
  ['ordering labels in the code are explained in the README of the ring', orderingLabels],
  ['npm commands in documents exist', npmCommands],
])('%s', (_rule, problemsOf) => {
  expect(problemsOf(tree)).toEqual([]);
});
