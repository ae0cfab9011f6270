/** What the output is decides what becomes of it, not what it is called. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { expected, inDirectory, runExample, sample, SECRETS } from './cli.js';

const CAPTURE = fileURLToPath(
  new URL('../../../examples/ipsec-gateway/captures/mixed.pcap', import.meta.url),
);
const DATA = sample(40_000);
/** Longer than any start takes. */
const SLOW_READER_MS = 200;

interface Example {
  readonly name: string;
  /** With DATA in this file. */
  readonly args: (input: string) => readonly string[];
  readonly isRight: (output: Buffer) => boolean;
}

const GZIP: Example = {
  name: 'gzip',
  args: (input) => [input],
  isRight: (output) => gunzipSync(output).equals(DATA),
};
const PADATA: Example = {
  name: 'padata-crypto',
  args: (input) => ['--input', input, ...SECRETS],
  isRight: (output) => output.equals(expected(DATA)),
};
const GATEWAY: Example = {
  name: 'ipsec-gateway',
  args: () => [CAPTURE],
  isRight: (output) => output.readUInt32LE(0) === 0xa1b2c3d4 && output.length > 90_000,
};
const LOG: Example = {
  name: 'access-log',
  args: () => ['--lines', '200'],
  isRight: (output) => /^client\t.*\n(?:[^\n]+(?:\t\d+){4}\n)+$/.test(output.toString()),
};
const ALL = [GZIP, PADATA, GATEWAY, LOG].map((example) => [example.name, example] as const);

/** Gives `use` a file with DATA in it. */
function withInput(
  use: (input: string, path: (name: string) => string) => Promise<void>,
): Promise<void> {
  return inDirectory(async (path) => {
    writeFileSync(path('in'), DATA);
    await use(path('in'), path);
  });
}

/** One that opens the pipe, waits, and reads it to its end. */
function reader(pipe: string): Promise<Buffer> {
  const wait = SLOW_READER_MS / 1000;
  const child = spawn('sh', ['-c', `exec <"$1"; sleep ${wait}; cat`, 'sh', pipe]);
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  return once(child, 'close').then(() => Buffer.concat(pieces));
}

test.each(ALL)('U3: %s to a named pipe with a slow reader', async (name, { args, isRight }) => {
  await withInput(async (input, path) => {
    if (spawnSync('mkfifo', [path('pipe')]).status !== 0) return;
    const got = reader(path('pipe'));
    const ended = await runExample(name, [...args(input), '--output', path('pipe')]);
    expect(ended.code).toBe(0);
    expect(isRight(await got)).toBe(true);
    expect(readdirSync(path('.')).toSorted()).toEqual(['in', 'pipe']);
  });
});

test.each(ALL)('U3: %s to /dev/stdout, a socket: data alone', async (name, example) => {
  await withInput(async (input) => {
    const args = [...example.args(input), '--output', '/dev/stdout', '--json'];
    const { code, stdout, stderr } = await runExample(name, args);
    expect(code).toBe(0);
    expect(example.isRight(stdout)).toBe(true);
    expect(JSON.parse(stderr)).toMatchObject({ workers: expect.any(Number) });
  });
});

test('U3: to /dev/null, which nobody reads back', async () => {
  await withInput(async (input) => {
    const runs = [GZIP, GATEWAY].map(({ name, args }) =>
      runExample(name, [...args(input), '--output', '/dev/null', '--json']),
    );
    const [gzip, gateway] = await Promise.all(runs);
    for (const ended of [gzip!, gateway!]) expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(gzip!.stdout.toString())).toMatchObject({ checked: false });
    expect(JSON.parse(gateway!.stdout.toString())).toMatchObject({ checked: null });
  });
});

test('U3: a file that is standard output is appended to, not replaced', async () => {
  await withInput(async (input, path) => {
    writeFileSync(path('out'), 'before');
    const out = openSync(path('out'), 'a');
    const main = fileURLToPath(new URL('../../examples/gzip/main.js', import.meta.url));
    for (const name of ['/dev/stdout', path('out')]) {
      const args = [main, input, '--output', name];
      const { status, stderr } = spawnSync(process.execPath, args, {
        stdio: ['ignore', out, 'pipe'],
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^40000 b/) });
    }
    closeSync(out);
    const written = readFileSync(path('out'));
    expect(written.subarray(0, 6).toString()).toBe('before');
    expect(gunzipSync(written.subarray(6)).equals(Buffer.concat([DATA, DATA]))).toBe(true);
    expect(readdirSync(path('.')).toSorted()).toEqual(['in', 'out']);
  });
});

test('U3: a pipe that comes once is neither read again nor called wrong', async () => {
  const capture = readFileSync(CAPTURE);
  await withInput(async (_input, path) => {
    const args = ['/dev/stdin', '--output', path('out'), '--json'];
    const { code, stdout } = await runExample('ipsec-gateway', args, capture);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ sealed: 180, checked: null });
    const again = await runExample('ipsec-gateway', [...args, '--repeat', '2'], capture);
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/--repeat needs a file/),
    });
  });
});

test('U3: a result that is wrong does not appear, and the old one stays', async () => {
  await withInput(async (input, path) => {
    writeFileSync(path('out'), 'old');
    // What reads it back finds it cut.
    const cut = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { createReadStream } = fs;
      fs.createReadStream = (name) => createReadStream(name, { end: 99 });
      syncBuiltinESMExports();
    `;
    const main = fileURLToPath(new URL('../../examples/gzip/main.js', import.meta.url));
    const preload = `data:text/javascript,${encodeURIComponent(cut)}`;
    const args = ['--import', preload, main, input, '--output', path('out')];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^gzip: wrong: the result cannot be decompressed: [^\n]+\n$/);
    expect(readFileSync(path('out'), 'utf8')).toBe('old');
    expect(readdirSync(path('.')).toSorted()).toEqual(['in', 'out']);
  });
});
