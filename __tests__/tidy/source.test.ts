import { expect, test } from '@jest/globals';
import { atomicsOutsideWords, fileLength, leftOvers, machineAddresses } from './source.js';
import type { Tree } from './tree.js';

function file(path: string, text: string): Tree {
  return new Map([[path, text]]);
}

// Put together here, so that this file does not break the rules it tests.
const openWords = [
  ['TO', 'DO'],
  ['FIX', 'ME'],
].map((parts) => parts.join(''));
const at = (...folders: string[]): string => ['', ...folders].join('/');

test.each(['lib/port/port.ts', 'lib/memory/signal.ts', 'workers/scheduler.ts'])(
  'Atomics in %s is refused',
  (path) => {
    expect(atomicsOutsideWords(file(path, 'f();\nAtomics.load(words, 0);'))).toHaveLength(1);
    expect(atomicsOutsideWords(file(path, 'const { load } = Atomics;'))).toHaveLength(1);
  },
);

test('Atomics in words.ts, in a comment and in a test is allowed', () => {
  expect(atomicsOutsideWords(file('lib/memory/words.ts', 'Atomics.load(words, 0);'))).toEqual([]);
  expect(atomicsOutsideWords(file('lib/port/port.ts', '/* Atomics.load */ // Atomics'))).toEqual(
    [],
  );
  expect(atomicsOutsideWords(file('__tests__/a.test.ts', 'Atomics.load(words, 0);'))).toEqual([]);
});

test('a file may have 400 lines and no more', () => {
  expect(fileLength(file('lib/port/port.ts', 'x;\n'.repeat(400)))).toEqual([]);
  expect(fileLength(file('lib/port/port.ts', 'x;\n'.repeat(401)))).toEqual([
    'lib/port/port.ts:401: has 401 lines',
  ]);
});

test.each(openWords)('%s is refused in code and in documents', (word) => {
  expect(leftOvers(file('lib/port/port.ts', `// ${word}: later`))).toHaveLength(1);
  expect(leftOvers(file('README.md', `A list.\n- ${word}`))).toEqual([`README.md:2: ${word}`]);
  expect(leftOvers(file('lib/port/port.ts', `// ${word}S`))).toEqual([]);
});

test.each([
  ['it', 'only'],
  ['test', 'skip'],
  ['test', 'each', 'skip'],
  ['describe', 'todo'],
])('%s.%s is refused in a test', (...words) => {
  const call = `${words.join('.')}('a title', () => {});`;
  expect(leftOvers(file('__tests__/a.test.ts', call))).toHaveLength(1);
  expect(leftOvers(file('__tests__/a.test.ts', `// ${call}`))).toEqual([]);
});

test.each(['x', 'f'])('a test behind %s is refused', (letter) => {
  expect(leftOvers(file('__tests__/a.test.ts', `${letter}it('a title', f);`))).toHaveLength(1);
  expect(leftOvers(file('__tests__/a.test.ts', "exit('a title', f);"))).toEqual([]);
});

test.each([
  ['README.md', `See ${at('home', 'me', 'notes')}.`],
  ['jest.config.js', `const top = '${at('work', 'main')}';`],
  ['.ci/run', `cd ${at('root', 'softdlb')}`],
  ['lib/index.ts', `// file://${at('Users', 'me')}`],
])('a path of one machine in %s is refused', (path, text) => {
  expect(machineAddresses(file(path, text))).toHaveLength(1);
});

test('a path inside the repository is no path of a machine', () => {
  const inside = `.${at('work', 'x')} lib${at('home', 'x')} /workers/x`;
  const text = `${inside} https://host${at('root', 'x')}`;
  expect(machineAddresses(file('README.md', text))).toEqual([]);
});

test('a lock file that says where to download from is refused', () => {
  const entry = '{\n"resolved": "https://host/jest.tgz" }';
  expect(machineAddresses(file('package-lock.json', entry))).toHaveLength(1);
  expect(machineAddresses(file('package-lock.json', '{ "resolved": "lib/x" }'))).toEqual([]);
});
