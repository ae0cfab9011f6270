/** Access log analytics: the counts, whatever the log and the number of workers. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseLine } from '../../examples/access-log/log-line.js';
import { inDirectory, runExample } from './cli.js';

function run(args: readonly string[], input?: Uint8Array) {
  return runExample('access-log', args, input);
}

const AGENT = '"Mozilla/5.0 (X11) \\"odd\\" [x]"';

test.each<[string, string, object | undefined]>([
  [
    'combined',
    `192.0.2.7 - frank [10/Oct/2025:13:55:36 -0700] "GET /a?b HTTP/1.1" 200 2326 "-" ${AGENT}`,
    { client: '192.0.2.7', seconds: 1_760_129_736, status: 200, bytes: 2326 },
  ],
  [
    'common, without a body',
    '2001:db8::1 - - [01/Jan/1970:00:00:01 +0000] "-" 408 -',
    { client: '2001:db8::1', seconds: 1, status: 408, bytes: 0 },
  ],
  [
    'a user with a space, half an hour east',
    'h.example - a b [01/Jan/1970:05:30:00 +0530] "" 400 0 "\\x16" ""',
    { client: 'h.example', seconds: 0, status: 400, bytes: 0 },
  ],
  ['an unknown month', '::1 - - [10/Foo/2025:13:55:36 +0000] "-" 200 5', undefined],
  ['an open quote', '::1 - - [10/Oct/2025:13:55:36 +0000] "GET / 200 5', undefined],
  ['a quote that is not closed', '::1 - - [10/Oct/2025:13:55:36 +0000] "\\" 200 5', undefined],
  ['no size', '::1 - - [10/Oct/2025:13:55:36 +0000] "GET /" 200', undefined],
  ['something behind', '::1 - - [10/Oct/2025:13:55:36 +0000] "-" 200 5 "-"', undefined],
  ['nothing', '', undefined],
])('a line: %s', (_what, line, expected) => {
  expect(parseLine(line)).toEqual(expected);
});

test.each([1, 2, 4])('with %i workers every count of a generated log is right', async (workers) => {
  const args = ['--lines', '20000', '--seed', `${workers}`, '--workers', `${workers}`];
  const { code, stdout, stderr } = await run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toString()).toMatch(/^20000 lines in/m);
  expect(stdout.toString()).toContain('checked: every count of every client is right');
});

/** Half an hour and a second between the visits of b, which also goes back in time. */
const LOG = [
  'a - - [10/Oct/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 100 "-" "-"',
  'b - - [10/Oct/2025:10:00:00 +0000] "GET / HTTP/1.1" 404 10 "-" "-"',
  'nonsense \u001b[31m',
  'a - - [10/Oct/2025:10:30:00 +0000] "GET / HTTP/1.1" 200 100 "-" "-"\r',
  'a - - [10/Oct/2025:09:59:59 +0000] "GET / HTTP/1.1" 500 - "-" "-"',
  'b - - [10/Oct/2025:12:30:01 +0200] "GET / HTTP/1.1" 200 10 "-" "-"',
];
const TABLE = 'client\trequests\tbytes\terrors\tvisits\na\t3\t200\t1\t1\nb\t2\t20\t1\t2\n';

test.each([
  ['with', `${LOG.join('\n')}\n`],
  ['without', LOG.join('\n')],
])('a file %s a newline at its end', async (_what, text) => {
  await inDirectory(async (path) => {
    writeFileSync(path('log'), text);
    const { code, stdout } = await run([path('log'), '--output', path('clients'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      lines: 6,
      broken: 1,
      clients: 2,
      requests: 5,
      bytes: 220,
      errors: 2,
      visits: 3,
      samples: ['nonsense \u001b[31m'],
      checked: false,
    });
    expect(readFileSync(path('clients'), 'utf8')).toBe(TABLE);
    expect(readdirSync(path('.')).toSorted()).toEqual(['clients', 'log']);
  });
});

test('standard input to standard output; what strangers wrote is made harmless', async () => {
  const { code, stdout, stderr } = await run(['-', '--output', '-'], Buffer.from(LOG.join('\n')));
  expect(code).toBe(0);
  expect(stdout.toString()).toBe(TABLE);
  expect(stderr).toContain('nonsense \\x1b[31m');
});

test('lines longer than a block, up to what no log has', async () => {
  const long = `a - - [10/Oct/2025:10:00:00 +0000] "${'x'.repeat(300_000)}" 200 1 "-" "-"\n`;
  const { code, stdout } = await run(['-', '--json'], Buffer.from(`${long}${LOG[0]}\n${long}`));
  expect(code).toBe(0);
  expect(JSON.parse(stdout.toString())).toMatchObject({ lines: 3, broken: 0, requests: 3 });
  const endless = await run(['-'], Buffer.alloc(3_000_000, 'x'));
  expect(endless.code).toBe(1);
  expect(endless.stderr).toBe('access-log: a line is longer than 1048576 bytes\n');
});

test('an empty log', async () => {
  const { code, stdout } = await run(['-', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout.toString())).toMatchObject({ lines: 0, clients: 0, top: [] });
});

test.each<[string, string[], number, RegExp]>([
  ['an unknown option', ['--fast'], 2, /'--fast'/],
  ['two files', ['a', 'b'], 2, /one file at a time, not 2/],
  ['a seed for a file', ['a', '--seed', '1'], 2, /--seed is about a generated log/],
  ['lines in words', ['--lines', 'many'], 1, /--lines must be a number .* not "many"/],
  ['no such file', ['/nowhere.log'], 1, /cannot read \/nowhere.log: no such file/],
  ['a directory', ['/'], 1, /cannot read \/: it is a directory/],
  ['a place that cannot be written', ['--lines', '9', '--output', '/no/out'], 1, /cannot write/],
])('%s', async (_what, args, code, line) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, stdout: Buffer.alloc(0) });
  expect(ended.stderr).toMatch(/^access-log: [^\n]+\n$/);
  expect(ended.stderr).toMatch(line);
});

test('--help explains every option', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const option of ['lines', 'seed', 'top', 'output', 'workers', 'json']) {
    expect(stdout.toString()).toContain(`--${option}`);
  }
});
