/** Every mistake is one clear line and an exit code. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { expect, test } from '@jest/globals';
import { inDirectory, IV, KEY, run, SECRETS, start } from './cli.js';

async function expectRefused(args: string[], code: number, line: RegExp): Promise<void> {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, stdout: Buffer.alloc(0) });
  expect(ended.stderr).toMatch(/^padata-crypto: [^\n]+\n$/);
  expect(ended.stderr).toMatch(line);
}

const PIPES = ['--input', '-', '--output', '-'];

test.each<[string, string[], RegExp]>([
  ['an unknown option', ['--nonsense'], /'--nonsense'/],
  ['an unknown option among good ones', [...PIPES, ...SECRETS, '--fast'], /'--fast'/],
  ['an unknown short option', ['-x'], /'-x'/],
  ['a word', ['file.txt'], /file\.txt/],
  ['an option without its value', ['--input'], /--input/],
  ['an option that eats another', ['--input', '--output', 'x'], /--input/],
  ['a value for a switch', ['--json=yes'], /--json/],
  ['no input', ['--output', '-', ...SECRETS], /missing option --input/],
  ['no output', ['--input', '-', ...SECRETS], /missing option --output/],
  ['no key', [...PIPES, '--iv', IV], /missing option --key/],
  ['no iv', [...PIPES, '--key', KEY], /missing option --iv/],
  ['a switch of the file command alone', ['--decrypt'], /missing option --input/],
])('%s: exit code 2', async (_what, args, line) => {
  await expectRefused(args, 2, line);
});

test.each<[string, string[], RegExp]>([
  ['a short key', [...PIPES, '--key', KEY.slice(2), '--iv', IV], /--key must have 64 .*, not 62/],
  ['a long key', [...PIPES, '--key', `${KEY}00`, '--iv', IV], /--key must have 64 .*, not 66/],
  ['an empty key', [...PIPES, '--key', '', '--iv', IV], /--key must have 64 .*, not 0/],
  ['a key with a letter', [...PIPES, '--key', `${KEY.slice(1)}g`, '--iv', IV], /--key .*hexadec/],
  ['a short iv', [...PIPES, '--key', KEY, '--iv', IV.slice(1)], /--iv must have 32 .*, not 31/],
  ['chunk 0', [...PIPES, ...SECRETS, '--chunk', '0'], /--chunk .* not "0"/],
  ['chunk 100', [...PIPES, ...SECRETS, '--chunk', '100'], /--chunk .* multiple of 16/],
  ['chunk=-16', [...PIPES, ...SECRETS, '--chunk=-16'], /--chunk .* not "-16"/],
  ['chunk -16', [...PIPES, ...SECRETS, '--chunk', '-16'], /--chunk .* not "-16"/],
  ['workers -1', ['--workers', '-1'], /--workers .* not "-1"/],
  ['chunk 1e3', [...PIPES, ...SECRETS, '--chunk', '1e3'], /--chunk/],
  ['a chunk of a gigabyte', [...PIPES, ...SECRETS, '--chunk', `${2 ** 30}`], /--chunk/],
  ['no workers', ['--workers', '0'], /--workers .*from 1 to 63, not "0"/],
  ['half a worker', [...PIPES, ...SECRETS, '--workers', '0.5'], /--workers/],
  ['too many workers', [...PIPES, ...SECRETS, '--workers', '64'], /--workers/],
  ['workers in words', [...PIPES, ...SECRETS, '--workers', 'two\nlines'], /"two\\nlines"/],
  ['an empty file name', ['--input', '', '--output', '-', ...SECRETS], /--input/],
])('%s: exit code 1', async (_what, args, line) => {
  await expectRefused(args, 1, line);
});

test('files that cannot be read or written', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('plain'), 'data');
    writeFileSync(path('old'), 'old content');
    mkdirSync(path('directory'));
    symlinkSync(path('nowhere/out'), path('astray'));
    symlinkSync(path('circle'), path('circle'));
    const cases: [string, string, RegExp][] = [
      ['missing', 'out', /cannot read .*missing: no such file or directory/],
      ['directory', 'out', /cannot read .*directory: it is a directory/],
      ['plain/below', 'out', /cannot read .*not a directory/],
      ['plain', 'directory', /cannot write .*directory: it is a directory/],
      ['plain', 'nowhere/out', /cannot write .*out: no such file or directory/],
      ['plain', 'new/', /cannot write .*new\/: no such directory/],
      ['plain', 'astray', /cannot write .*astray: no such file or directory/],
      ['plain', 'circle', /cannot write .*circle: too many symbolic links/],
      ['plain', 'plain/out', /cannot write .*not a directory/],
      ['plain', 'x'.repeat(300), /cannot write .*the name is too long/],
      ['directory', 'old', /cannot read/],
      ['plain', 'plain', /cannot write .*plain: it is the input/],
    ];
    for (const [input, output, line] of cases) {
      const args = ['--input', path(input), '--output', path(output), ...SECRETS];
      await expectRefused(args, 1, line);
    }
    expect(readdirSync(path('.')).toSorted()).toEqual([
      'astray',
      'circle',
      'directory',
      'old',
      'plain',
    ]);
    expect(readFileSync(path('old'), 'utf8')).toBe('old content');
  });
});

test('a full disk', async () => {
  // Only some systems have one to write to.
  if (!existsSync('/dev/full')) return;
  await inDirectory(async (path) => {
    writeFileSync(path('plain'), 'data');
    const args = ['--input', path('plain'), '--output', '/dev/full', ...SECRETS];
    await expectRefused(args, 1, /cannot write \/dev\/full: no space left/);
  });
});

test('a reader that goes away', async () => {
  const args = ['--input', process.execPath, '--output', '-', ...SECRETS];
  const { child, ended } = start(...args);
  child.stdout!.once('data', () => child.stdout!.destroy());
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^padata-crypto: cannot write standard output: nobody reads[^\n]+\n$/);
});

test('--help explains every option', async () => {
  const { code, stdout, stderr } = await run(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const option of ['input', 'output', 'key', 'iv', 'chunk', 'workers', 'decrypt', 'json']) {
    expect(stdout.toString()).toContain(`--${option}`);
  }
});
