/** What a log may look like: formats, holes, marks, encodings, compression. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { lineBlocks } from '../../examples/access-log/line-blocks.js';
import { parseLine, withoutFill } from '../../examples/access-log/log-line.js';
import { LogReader } from '../../examples/access-log/log-reader.js';
import { inDirectory, runExample } from './cli.js';
import { inputOf } from './input.js';

const TIME = '[10/Oct/2025:13:55:36 +0000]';
const COMMON = `${TIME} "GET / HTTP/1.1" 200 5`;
const COMBINED = `${COMMON} "-" "curl/8"`;

test.each<[string, string | undefined]>([
  ['203.0.113.7 - -', '203.0.113.7'],
  ['fe80::1%eth0 - "ann smith"', 'fe80::1%eth0'],
  ['host.example - ann smith', 'host.example'],
  ['203.0.113.7 identity ann', '203.0.113.7'],
  ['www.example.org:443 203.0.113.7 - -', '203.0.113.7'],
  ['[2001:db8::9]:443 2001:db8::1 - ann smith', '2001:db8::1'],
  ['192.0.2.1:80 host.example - -', 'host.example'],
  ['_:80 203.0.113.7 - -', '203.0.113.7'],
  ['example.org 203.0.113.7 - -', '203.0.113.7'],
  // No client, or one of two.
  ['- - -', undefined],
  ['unix: - -', undefined],
  ['1.2.3 - -', undefined],
  ['203.0.113.7:51515 - -', undefined],
  ['203.0.113.7, 198.51.100.1 - -', undefined],
  ['203.0.113.7 198.51.100.1 - -', undefined],
  ['example.org - 203.0.113.7 - -', undefined],
  ['example.org 203.0.113.7 -', undefined],
  ['example.org host.example ann', undefined],
  ['1760104536 203.0.113.7 - -', undefined],
  ['2025-10-10T13:55:36 203.0.113.7 - -', undefined],
  ['Oct 10 13:55:36 web nginx: 203.0.113.7 - -', undefined],
])('W6: whose request it is: %s', (front, client) => {
  expect(parseLine(`${front} ${COMBINED}`)?.client).toBe(client);
  expect(parseLine(`${front} ${COMMON}`)?.client).toBe(client);
});

test('W6: names that nobody has are read as quickly', () => {
  for (const name of ['a'.repeat(100_000), 'a.'.repeat(50_000), '\0'.repeat(9)]) {
    expect(parseLine(`${name} - - ${COMBINED}`)).toBeUndefined();
  }
});

test.each<[string, boolean]>([
  ['"-" "curl" "198.51.100.7"', true],
  ['"-" "curl" "-" 0.001 12', true],
  ['"-" "curl"198.51.100.7', false],
  [`"-" "curl" 198.51.100.7 - - ${COMMON}`, false],
  ['"-"', false],
  ['"-" "cu', false],
  ['"-" "curl" \0', false],
])('W6: what servers add to a line, and what is of another: %s', (end, isRead) => {
  expect(parseLine(`203.0.113.7 - - ${COMMON} ${end}`) !== undefined).toBe(isRead);
});

test.each([
  '[31/Feb/2025:13:55:36 +0000]',
  '[10/Oct/2025:24:00:00 +0000]',
  '[10/Oct/2025:13:60:00 +0000]',
  '[10/Oct/2025:13:55:61 +0000]',
])('W6: a time that there is not: %s', (time) => {
  expect(parseLine(`203.0.113.7 - - ${time} "-" 200 5`)).toBeUndefined();
});

test('W6: a size that no number holds', () => {
  expect(parseLine(`203.0.113.7 - - ${TIME} "-" 200 ${'9'.repeat(400)}`)).toBeUndefined();
});

const LINES = ['one', 'two \u00e9', 'three'];
const TEXT = `${LINES.join('\n')}\n`;
const PACKED = gzipSync(TEXT);

/** What of a log comes to be read, its last line's end or not. */
async function read(bytes: Uint8Array) {
  const reader = new LogReader('log', inputOf(bytes));
  const blocks: Uint8Array[] = [];
  let lines = 0;
  for await (const block of lineBlocks(reader.pieces())) {
    blocks.push(block.bytes);
    lines += block.lines;
  }
  const text = Buffer.concat(blocks).toString().split('\n').map(withoutFill).join('\n');
  return { text, lines, damage: reader.damage };
}

test.each<[string, Uint8Array]>([
  ['as it is', Buffer.from(TEXT)],
  ['behind a hole of megabytes', Buffer.concat([Buffer.alloc(3_000_000), Buffer.from(TEXT)])],
  ['before a hole', Buffer.concat([Buffer.from(TEXT), Buffer.alloc(100_000)])],
  ['compressed', PACKED],
  ['compressed in two', Buffer.concat([gzipSync('one\ntw'), gzipSync(TEXT.slice(6))])],
  ['UTF-16', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
  ['UTF-16, the other way round', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16()],
  ['UTF-16 without a mark', Buffer.from(TEXT, 'utf16le')],
  ['UTF-16, compressed', gzipSync(Buffer.from(`\ufeff${TEXT}`, 'utf16le'))],
])('W6: a log %s', async (_what, bytes) => {
  expect(await read(bytes)).toEqual({ text: TEXT, lines: 3, damage: undefined });
});

test('W6: of a compressed log that is cut, all before the cut, and no half line for a whole one', async () => {
  const long = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
  const packed = gzipSync(long);
  const { text, lines, damage } = await read(packed.subarray(0, packed.length / 2));
  expect(damage).toBe('cannot read log to its end: unexpected end of file');
  expect(lines).toBeGreaterThan(5000);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  expect(long.startsWith(whole)).toBe(true);
  expect(text.slice(whole.length)).toMatch(/^(?:[a-z0-9 ]+\0)?$/);
  const behind = Buffer.concat([PACKED, Buffer.from('more')]);
  expect((await read(behind)).damage).toMatch(/^cannot read log to its end: /);
});

test('W6: a line that is too long is one that cannot be read, and no others are lost', async () => {
  const { text, lines } = await read(Buffer.from(`one\n${'x'.repeat(3_000_000)}\ntwo\n`));
  expect({ text, lines }).toEqual({ text: `one\n${'x'.repeat(80)}\0two\n`, lines: 3 });
});

test.each([
  ['xz', 'fd377a585a00', /compressed by xz; "xzcat" can be piped in/],
  ['zstd', '28b52ffd2400', /compressed by zstd; "zstdcat" can be piped in/],
])('W6: %s is named', async (_what, magic, message) => {
  await expect(read(Buffer.from(magic, 'hex'))).rejects.toThrow(message);
});

test('W6: a hole, a mark, CRLF, hosts in front, no end: every client is counted', async () => {
  const log = [
    `${'\0'.repeat(2_000_000)}\u00ef\u00bb\u00bf203.0.113.1 - - ${COMBINED}\r`,
    `www.example.org:443 203.0.113.1 - - ${COMBINED}`,
    `\0\0\u00ef\u00bb\u00bfexample.org 203.0.113.1 - - ${COMBINED} "198.51.100.7"`,
    `- - - ${COMMON}`,
    `203.0.113.1 - - ${COMMON}`,
  ].join('\n');
  const packed = gzipSync(Buffer.from(log, 'latin1'));
  const { code, stdout, stderr } = await runExample('access-log', ['-', '--json'], packed);
  expect(code).toBe(0);
  expect(stderr).toBe('access-log: - is compressed by gzip, and read as "zcat" gives it\n');
  expect(JSON.parse(stdout.toString())).toMatchObject({
    lines: 5,
    broken: 1,
    top: [{ client: '203.0.113.1', requests: 4 }],
  });
});

test('W6: where nothing can be read: a hint, exit code 1, and the old result stays', async () => {
  await inDirectory(async (path) => {
    writeFileSync(path('out'), 'old');
    writeFileSync(path('log'), '{"client":"203.0.113.7"}\n{"client":"203.0.113.8"}\n');
    const ended = await runExample('access-log', [path('log'), '--output', path('out')]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^access-log: no line of it could be read: one should look like /);
    expect(ended.stdout.toString()).toContain('2 lines could not be read, such as');
    expect(readFileSync(path('out'), 'utf8')).toBe('old');
    expect(readdirSync(path('.')).toSorted()).toEqual(['log', 'out']);
  });
});
