import { describe, expect, test } from '@jest/globals';
import { markdownLinks, npmCommands, orderingLabels } from './documents.js';

describe('links', () => {
  const guide = [
    '# The `ring`: R1 → A1',
    '## Same',
    '## Same',
    '<a id="by-hand"></a>',
    '```',
    '# Not a heading',
    '```',
  ].join('\n');
  const problems = (text: string): string[] =>
    markdownLinks(
      new Map([
        ['README.md', text],
        ['lib/README.md', text],
        ['lib/ring/guide.md', guide],
        ['lib/ring/ring.ts', ''],
      ]),
    ).filter((problem) => problem.startsWith('lib/README.md'));

  test.each([
    '[a](ring/guide.md)',
    '[a](./ring/ring.ts "The ring")',
    '[a](ring/) and [b](..)',
    '[a](../README.md)',
    '[a](ring/guide.md#the-ring-r1--a1)',
    '[a](ring/guide.md#same-1)',
    '[a](ring/guide.md#by-hand)',
    '[a](#here)\n# Here',
    '[a]: ring/guide.md',
    '[a](https://host/nothing) and [b](mailto:a@host)',
    '`[a](nothing.md)`',
    '```md\n[a](nothing.md)\n```',
  ])('that lead somewhere: %s', (text) => {
    expect(problems(text)).toEqual([]);
  });

  test.each([
    ['[a](nothing.md)', 'no such file'],
    ['![a](nothing.png)', 'no such file'],
    ['[a](lib/ring/guide.md)', 'no such file'],
    ['[a](../../outside.md)', 'no such file'],
    ['[a]: nothing.md', 'no such file'],
    ['<img src="nothing.svg">', 'no such file'],
    ['[a](ring/guide.md#not-a-heading)', 'no such heading'],
    ['[a](ring/guide.md#same-2)', 'no such heading'],
    ['[a](#there)\n# Here', 'no such heading'],
  ])('that lead nowhere: %s', (text, why) => {
    expect(problems(`text\n${text}`)).toEqual([
      expect.stringMatching(`^lib/README.md:2: .*${why}`),
    ]);
  });
});

describe('ordering labels', () => {
  const problems = (code: string, readme?: string): string[] =>
    orderingLabels(
      new Map([
        ['lib/port/port.ts', code],
        ...(readme === undefined ? [] : [['lib/ring/README.md', readme] as const]),
      ]),
    );

  test.each(['// R1 → A1 (here)', '// R1 -> A1', '// A1 ← R1 (there)', '// A1 <- R1', '// none'])(
    'that the README explains: %s',
    (code) => {
      expect(problems(code, '| R1→A1 | publish |')).toEqual([]);
    },
  );

  test('that the README does not explain', () => {
    expect(problems('// R1 → A2', '| R1→A1 | publish |')).toEqual([
      'lib/port/port.ts:1: R1 → A2 is not in lib/ring/README.md',
    ]);
  });

  test('that no README explains', () => {
    expect(problems('\n// A2 ← R2')).toEqual([
      'lib/port/port.ts:2: A2 ← R2 is not in lib/ring/README.md',
    ]);
    expect(problems('// none')).toEqual([]);
  });
});

describe('npm commands', () => {
  const problems = (text: string): string[] =>
    npmCommands(
      new Map([
        ['package.json', '{ "scripts": { "bench": "node bench.js", "test": "jest" } }'],
        ['README.md', text],
      ]),
    );

  test.each([
    '`npm run bench`',
    '`npm test` and `npm run test`',
    '```sh\nnpm ci\nnpm run bench -- ring\n```',
    'An npm package.',
  ])('that exist: %s', (text) => {
    expect(problems(text)).toEqual([]);
  });

  test.each(['`npm run bnech`', '`npm start`', '`npm bench`', '```sh\nnpm run lint\n```'])(
    'that do not: %s',
    (text) => {
      expect(problems(text)).toEqual([expect.stringContaining('does not exist')]);
    },
  );
});
