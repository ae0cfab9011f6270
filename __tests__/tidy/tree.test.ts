import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { complaints, readTree, withoutComments } from './tree.js';

test('the tree holds every file by its path, but nothing that git ignores', () => {
  const top = mkdtempSync(join(tmpdir(), 'softdlb-tidy-'));
  try {
    for (const folder of ['.ci', 'lib/ring', 'node_modules/x', 'lib/dist']) {
      mkdirSync(join(top, folder), { recursive: true });
      writeFileSync(join(top, folder, 'file'), folder);
    }
    writeFileSync(join(top, '.gitignore'), 'node_modules/\ndist/\n*.log\n');
    writeFileSync(join(top, '.git'), 'gitdir: elsewhere');
    writeFileSync(join(top, 'lib/all.log'), 'text');
    writeFileSync(join(top, 'picture.png'), 'P\0NG');
    expect(Object.fromEntries(readTree(top))).toEqual({
      '.ci/file': '.ci',
      '.gitignore': 'node_modules/\ndist/\n*.log\n',
      'lib/ring/file': 'lib/ring',
      'picture.png': '',
    });
  } finally {
    rmSync(top, { recursive: true });
  }
});

test('a complaint names the line', () => {
  expect(complaints('a.ts', 'x\n bad \nx bad', /\bbad\b/g)).toEqual(['a.ts:2: bad', 'a.ts:3: bad']);
  expect(
    complaints('a.ts', 'good bad', /\w+/g, ([word]) => (word === 'bad' ? 'no' : undefined)),
  ).toEqual(['a.ts:1: no']);
});

test('comments are blanked out, strings are not, and lines stay where they are', () => {
  const source = [
    "const a = 'http://host'; // one",
    '/* two',
    '   three */ const b = "/* four */";',
    'const c = `//${a}`;',
  ].join('\n');
  const code = withoutComments(source);
  expect(code).toHaveLength(source.length);
  expect(code.split('\n').map((line) => line.trim())).toEqual([
    "const a = 'http://host';",
    '',
    'const b = "/* four */";',
    'const c = `//${a}`;',
  ]);
});
