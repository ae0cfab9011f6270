/** The file command against openssl. */
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { expected, inDirectory, run, runOn, sample, SECRETS, start } from './cli.js';

const SIZES = [0, 1, 16, 17, 65_535];
/** For other numbers of workers: how a file is cut up does not depend on it. */
const FEW_SIZES = [0, 65_535];
const MEGABYTES = 5_000_011;
const LOOK_EVERY_MS = 10;

test.each([1, 2, 4])(
  'with %i workers every file becomes what openssl makes of it',
  async (workers) => {
    await inDirectory(async (path) => {
      for (const size of workers === 2 ? SIZES : FEW_SIZES) {
        const data = sample(size);
        writeFileSync(path('plain'), data);
        const options = [...SECRETS, '--workers', `${workers}`, '--chunk', '4096'];
        const there = ['--input', path('plain'), '--output', path('sealed'), ...options];
        const back = ['--input', path('sealed'), '--output', path('again'), ...options];
        expect(await run(there)).toMatchObject({ code: 0, stdout: Buffer.alloc(0) });
        expect(readFileSync(path('sealed')).equals(expected(data))).toBe(true);
        // Once is enough: it is the same operation.
        if (workers !== 2 || size !== SIZES.at(-1)) continue;
        expect(await run([...back, '--decrypt'])).toMatchObject({ code: 0 });
        expect(readFileSync(path('again')).equals(data)).toBe(true);
      }
      expect(readdirSync(path('.'))).toHaveLength(workers === 2 ? 3 : 2);
    });
  },
);

test.each([
  ['the default chunk', []],
  ['the smallest chunk', ['--chunk', '16']],
  ['a chunk larger than the file', ['--chunk', `${8 << 20}`]],
])('a file of megabytes with %s', async (_what, options) => {
  await inDirectory(async (path) => {
    // A smaller file for the smallest chunk: it is all distribution.
    const data = sample(options[1] === '16' ? 100_001 : MEGABYTES);
    writeFileSync(path('plain'), data);
    const args = ['--input', path('plain'), '--output', path('sealed'), ...SECRETS, ...options];
    expect(await run(args)).toMatchObject({ code: 0 });
    expect(readFileSync(path('sealed')).equals(expected(data))).toBe(true);
  });
});

test.each([0, 1, 300_000])('%i bytes from standard input to standard output', async (size) => {
  const data = sample(size);
  const { code, stdout, stderr } = await run(['--input', '-', '--output', '-', ...SECRETS], data);
  expect(code).toBe(0);
  expect(stdout.equals(expected(data))).toBe(true);
  expect(stderr).toMatch(new RegExp(`^encrypted ${size} bytes in .*\\n$`));
});

test('an existing file is replaced, through a link as well', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('old'), 'something much longer than the new content');
    symlinkSync(path('old'), path('link'));
    const args = ['--input', '-', '--output', path('link'), ...SECRETS];
    expect(await run(args, sample(5))).toMatchObject({ code: 0 });
    expect(readFileSync(path('old')).equals(expected(sample(5)))).toBe(true);
    expect(readdirSync(path('.')).toSorted()).toEqual(['link', 'old']);
  });
});

test('a new file has the mode that the umask leaves', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('reference'), '');
    await run(['--input', '-', '--output', path('out'), ...SECRETS], sample(1));
    expect(statSync(path('out')).mode).toBe(statSync(path('reference')).mode);
  });
});

test('a link to what is not there yet is written through, as a shell does', async () => {
  await inDirectory(async (path) => {
    mkdirSync(path('below'));
    symlinkSync('below/second', path('first'));
    symlinkSync('../new', path('below/second'));
    const args = ['--input', '-', '--output', path('first'), ...SECRETS];
    expect(await run(args, sample(5))).toMatchObject({ code: 0 });
    expect(lstatSync(path('first')).isSymbolicLink()).toBe(true);
    expect(lstatSync(path('below/second')).isSymbolicLink()).toBe(true);
    expect(readFileSync(path('new')).equals(expected(sample(5)))).toBe(true);
  });
});

test.each(['600', '755'])('an existing file keeps its mode: %s', async (octal) => {
  const mode = Number.parseInt(octal, 8);
  await inDirectory(async (path) => {
    writeFileSync(path('out'), 'old');
    chmodSync(path('out'), mode);
    await run(['--input', '-', '--output', path('out'), ...SECRETS], sample(5));
    expect(readFileSync(path('out')).equals(expected(sample(5)))).toBe(true);
    expect(statSync(path('out')).mode & 0o7777).toBe(mode);
  });
});

test('an existing file keeps its owner where that is permitted', async () => {
  if (process.getuid?.() !== 0) return;
  await inDirectory(async (path) => {
    writeFileSync(path('out'), 'old');
    chownSync(path('out'), 12_345, 23_456);
    chmodSync(path('out'), 0o4640);
    await run(['--input', '-', '--output', path('out'), ...SECRETS], sample(5));
    const { uid, gid, mode } = statSync(path('out'));
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 12_345, gid: 23_456, mode: 0o640 });
  });
});

test('until it is complete, the replacement of a file is private', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('out'), 'old');
    chmodSync(path('out'), 0o644);
    const { child, ended } = start('--input', '-', '--output', path('out'), ...SECRETS);
    child.stdin!.write(sample(100));
    let temporary: string | undefined;
    while (temporary === undefined) {
      await sleep(LOOK_EVERY_MS);
      temporary = readdirSync(path('.')).find((name) => name.endsWith('.tmp'));
    }
    expect(statSync(path(temporary)).mode & 0o777).toBe(0o600);
    child.stdin!.end();
    expect(await ended).toMatchObject({ code: 0 });
    expect(statSync(path('out')).mode & 0o777).toBe(0o644);
  });
});

test('what is no file is written directly and stays what it is', async () => {
  const args = ['--input', '-', '--output', '/dev/null', ...SECRETS];
  expect(await run(args, sample(100_000))).toMatchObject({ code: 0 });
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test.each([
  ['encrypt', []],
  ['decrypt', ['--decrypt']],
])('--json tells what was done: %s', async (operation, options) => {
  await inDirectory(async (path) => {
    const output = path('out');
    const args = ['--input', '-', '--output', output, ...SECRETS, '--json', ...options];
    const { code, stdout, stderr } = await run(args, sample(1000));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout.toString())).toMatchObject({
      operation,
      cipher: 'aes-256-ctr',
      input: '-',
      output,
      bytes: 1000,
    });
  });
});

test('with --json and --output - only data goes to standard output', async () => {
  const args = ['--input', '-', '--output', '-', ...SECRETS, '--json'];
  const { stdout, stderr } = await run(args, sample(1000));
  expect(stdout.equals(expected(sample(1000)))).toBe(true);
  expect(JSON.parse(stderr)).toMatchObject({ bytes: 1000, output: '-' });
});

test('a hard link of the input, and a link to it, are the input', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('plain'), 'precious');
    linkSync(path('plain'), path('hard'));
    symlinkSync(path('plain'), path('soft'));
    for (const name of ['plain', 'hard', 'soft']) {
      const args = ['--input', path('plain'), '--output', path(name), ...SECRETS];
      const { code, stderr } = await run(args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^padata-crypto: cannot write .*: it is the input\n$/);
    }
    expect(readFileSync(path('plain'), 'utf8')).toBe('precious');
    expect(readdirSync(path('.'))).toHaveLength(3);
  });
});

test('a file that standard output is appended to is the input', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('plain'), 'precious');
    const files = { append: openSync(path('plain'), 'a'), read: openSync(path('plain'), 'r') };
    const refused = /^padata-crypto: cannot write standard output: it is the input\n$/;
    for (const [input, stdin] of [
      [path('plain'), 'ignore'],
      ['-', files.read],
    ] as const) {
      const args = ['--input', input, '--output', '-', ...SECRETS];
      const { code, stderr } = await runOn([stdin, files.append], args);
      expect(code).toBe(1);
      expect(stderr).toMatch(refused);
    }
    expect(readFileSync(path('plain'), 'utf8')).toBe('precious');
    // Another file is none.
    const other = openSync(path('other'), 'a');
    const args = ['--input', path('plain'), '--output', '-', ...SECRETS];
    expect(await runOn(['ignore', other], args)).toMatchObject({ code: 0 });
    expect(readFileSync(path('other')).equals(expected(Buffer.from('precious')))).toBe(true);
    for (const file of [files.append, files.read, other]) closeSync(file);
  });
});
