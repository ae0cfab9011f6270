/** Parallel gzip: what any gunzip makes of it. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { combineCrc32 } from '../../examples/gzip/crc32-combine.js';
import { inDirectory, runExample, startExample } from './cli.js';

function run(args: readonly string[], input?: Uint8Array, scratch?: string) {
  return runExample('gzip', args, input, scratch);
}

/** What compresses, what does not, and what refers far back. */
function sample(bytes: number): Buffer {
  const line = Buffer.from('the quick brown fox jumps over the lazy dog, again and again\n');
  const parts: Buffer[] = [];
  for (let filled = 0; filled < bytes; filled += 20_000 + line.length * 500) {
    parts.push(randomBytes(20_000), ...Array.from({ length: 500 }, () => line));
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

test('the CRC-32 of two texts from those of each', () => {
  const text = sample(100_000);
  for (const at of [0, 1, 2, 255, 4096, 65_535, 99_999, 100_000]) {
    const [front, back] = [text.subarray(0, at), text.subarray(at)];
    expect(combineCrc32(crc32(front), crc32(back), back.length)).toBe(crc32(text));
  }
  // Far more than 2^32 bits.
  const zeros = combineCrc32(0, combineCrc32(crc32('x'), 0, 0), 2 ** 40);
  expect(zeros).toBe(crc32('x'));
});

const SIZES = [
  [0, 4096],
  [1, 4096],
  [100_001, 4096],
  [700_000, 65_536],
  [3_000_000, 2_000_000],
] as const;

test.each([1, 2, 4])('with %i workers every size, in blocks of every kind', async (workers) => {
  await inDirectory(async (path) => {
    // How bytes are cut into blocks does not depend on the workers.
    for (const [size, block] of workers === 2 ? SIZES : [SIZES[4]]) {
      const data = sample(size);
      writeFileSync(path('plain'), data);
      const options = ['--block', `${block}`, '--workers', `${workers}`];
      const ended = await run([path('plain'), '--output', path('plain.gz'), ...options]);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout.toString()).toContain('checked: ');
      expect(gunzipSync(readFileSync(path('plain.gz'))).equals(data)).toBe(true);
    }
    expect(readdirSync(path('.')).toSorted()).toEqual(['plain', 'plain.gz']);
  });
});

test('what gunzip, where there is one, makes of it', async () => {
  if (spawnSync('gunzip', ['--version']).error !== undefined) return;
  const data = sample(1_000_000);
  const { code, stdout, stderr } = await run(['-', '--output', '-', '--block', '50000'], data);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^1000000 bytes became \d+ /);
  const { status, stdout: plain } = spawnSync('gunzip', ['-c'], {
    input: stdout,
    maxBuffer: data.length + 1,
  });
  expect(status).toBe(0);
  expect(plain.equals(data)).toBe(true);
  expect(spawnSync('gzip', ['-tv'], { input: stdout }).status).toBe(0);
});

test('blocks cost little: each may refer to the one before', async () => {
  const text = Buffer.concat(Array.from({ length: 40 }, (_, i) => Buffer.from(sentence(i))));
  const { stdout } = await run(['-', '--output', '-', '--block', '16384'], text);
  expect(stdout.length).toBeLessThan(gzipSync(text).length * 1.05);
});

/** Each of a few thousand words, none of which is like another. */
function sentence(seed: number): string {
  return Array.from({ length: 1500 }, (_, i) => ((i * 7919 + seed * 31) % 3000).toString(36)).join(
    ' ',
  );
}

test('without a file it makes a text, checks, and leaves nothing behind', async () => {
  await inDirectory(async (path) => {
    const { code, stdout } = await run(['--generate', '2', '--json'], undefined, path('.'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ bytesIn: 2 ** 21, checked: true });
    expect(readdirSync(path('.'))).toEqual([]);
  });
});

test('SIGINT leaves no trace and says so', async () => {
  await inDirectory(async (path) => {
    const { child, ended } = startExample('gzip', ['-', '--output', path('out')]);
    child.stdin!.write(sample(1_000_000));
    while (readdirSync(path('.')).length === 0 || child.stdin!.writableLength > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stderr: 'gzip: stopped by SIGINT\n' });
    expect(readdirSync(path('.'))).toEqual([]);
  });
});

test.each<[string, string[], number, RegExp]>([
  ['an unknown option', ['--fast'], 2, /'--fast'/],
  ['a file without a place for the result', ['a'], 2, /missing option --output/],
  ['a file and a generated text', ['a', '--generate', '1'], 2, /--generate makes the input/],
  ['level 0', ['--level', '0'], 1, /--level must be a number from 1 to 9, not "0"/],
  ['a tiny block', ['--block', '100'], 1, /--block must be a number from 4096 /],
  ['no such file', ['/nowhere', '--output', '-'], 1, /cannot read \/nowhere: no such file/],
])('%s', async (_what, args, code, line) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, stdout: Buffer.alloc(0) });
  expect(ended.stderr).toMatch(/^gzip: [^\n]+\n$/);
  expect(ended.stderr).toMatch(line);
});
