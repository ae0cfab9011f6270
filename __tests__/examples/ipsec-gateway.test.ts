/** What comes out of the tunnel is what went in, told by code that knows the formats only. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { inDirectory, runExample } from './cli.js';
import {
  ETHERNET,
  insideEthernet,
  openEsp,
  RAW,
  readCapture,
  readKeys,
  writeCapture,
} from './ipsec/capture.js';
import type { Packet } from './ipsec/capture.js';

const RECORDED = fileURLToPath(
  new URL('../../../examples/ipsec-gateway/captures/mixed.pcap', import.meta.url),
);
const recorded = readCapture(readFileSync(RECORDED)).packets;
const KEY = '42'.repeat(32);

function run(args: readonly string[], input?: Uint8Array, scratch?: string) {
  return runExample('ipsec-gateway', args, input, scratch);
}

/** Opens all packets of a file; checks that each association counts from 1 without a gap. */
function openAll(sealed: string, keysFile: string): Buffer[] {
  const { link, packets } = readCapture(readFileSync(sealed));
  expect(link).toBe(RAW);
  const keys = readKeys(readFileSync(keysFile, 'utf8'));
  const last = new Map<number, number>();
  return packets.map(({ bytes }) => {
    const { spi, sequence, inner } = openEsp(bytes, keys);
    expect(sequence).toBe((last.get(spi) ?? 0) + 1);
    last.set(spi, sequence);
    return inner;
  });
}

function innerOf(packets: readonly Packet[]): Buffer[] {
  return packets.flatMap(({ bytes }) => insideEthernet(bytes) ?? []);
}

test.each([1, 2, 3])('with %i workers the recorded capture comes through', async (workers) => {
  await inDirectory(async (path) => {
    const keys = ['--key', KEY, '--keys', path('keys')];
    const args = [RECORDED, '--output', path('sealed'), ...keys, '--workers', `${workers}`];
    const { code, stdout, stderr } = await run([...args, '--repeat', '5']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.toString()).toContain('checked: all 900 decrypted');
    const five = [recorded, recorded, recorded, recorded, recorded].flat();
    expect(openAll(path('sealed'), path('keys'))).toEqual(innerOf(five));
    expect(readdirSync(path('.')).toSorted()).toEqual(['keys', 'sealed']);
  });
});

test('every form of capture: both byte orders, micro- and nanoseconds, Ethernet and raw', async () => {
  await inDirectory(async (path) => {
    const raw = recorded.flatMap((packet) => {
      const bytes = insideEthernet(packet.bytes);
      return bytes === undefined ? [] : { ...packet, length: bytes.length, bytes };
    });
    const seal = async (format: Parameters<typeof writeCapture>[1]): Promise<Buffer> => {
      const name = `${format.order}-${format.nanoseconds}-${format.link}`;
      writeFileSync(path(name), writeCapture(format.link === RAW ? raw : recorded, format));
      const { code } = await run([path(name), '--output', path(`${name}.out`), '--key', KEY]);
      expect(code).toBe(0);
      const out = readFileSync(path(`${name}.out`));
      expect(readCapture(out).magic).toBe(format.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
      return out.subarray(4);
    };
    const sealed: Buffer[] = [];
    for (const order of ['BE', 'LE'] as const) {
      // One of each way with one of each other: how they are read does not depend on each other.
      const nanoseconds = order === 'LE';
      for (const link of [ETHERNET, RAW]) sealed.push(await seal({ order, nanoseconds, link }));
    }
    // But for the magic, all are the same: times, packets, order, key.
    for (const each of sealed) expect(each.equals(sealed[0]!)).toBe(true);
    const times = readCapture(Buffer.concat([Buffer.alloc(4), sealed[0]!])).packets.map(timeOf);
    expect(times).toEqual(raw.map(timeOf));
  });
});

function timeOf({ seconds, fraction }: Packet): [number, number] {
  return [seconds, fraction];
}

test('packets that are not all there, or wrong, are reported and left out', async () => {
  await inDirectory(async (path) => {
    const packets = recorded.slice(20, 60);
    const cutShort = { ...packets[3]!, bytes: packets[3]!.bytes.subarray(0, 40) };
    const damaged = { ...packets[4]!, bytes: Buffer.from(packets[4]!.bytes) };
    damaged.bytes[22]! ^= 1;
    const bad = packets.with(3, cutShort).with(4, damaged);
    const format = { order: 'LE', nanoseconds: false, link: ETHERNET } as const;
    writeFileSync(path('in'), writeCapture(bad, format));
    const args = [path('in'), '--output', path('out'), '--keys', path('keys'), '--json'];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      packets: 40,
      sealed: 38,
      checked: 38,
      refused: [
        { reason: expect.stringMatching(/^cut short: 40 of \d+ bytes were captured$/), first: 4 },
        { reason: 'a wrong header checksum', count: 1, first: 5 },
      ],
    });
    expect(openAll(path('out'), path('keys'))).toEqual(innerOf(packets.toSpliced(3, 2)));
  });
});

test('a file that ends in the middle of a packet: all before it, and exit code 1', async () => {
  await inDirectory(async (path) => {
    const file = readFileSync(RECORDED);
    writeFileSync(path('in'), file.subarray(0, -10));
    const args = [path('in'), '--output', path('out'), '--keys', path('keys')];
    const { code, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ipsec-gateway: .*in ends in the middle of packet 182, [^\n]+\n$/);
    expect(openAll(path('out'), path('keys'))).toEqual(innerOf(recorded.slice(0, -1)));
  });
});

test('from standard input to standard output', async () => {
  await inDirectory(async (path) => {
    const args = ['-', '--output', '-', '--keys', path('keys')];
    const { code, stdout, stderr } = await run(args, readFileSync(RECORDED));
    expect(code).toBe(0);
    expect(stderr).toContain('sealed 180, not IP 2, refused 0');
    writeFileSync(path('out'), stdout);
    expect(openAll(path('out'), path('keys'))).toEqual(innerOf(recorded));
  });
});

test('without an output it checks, and leaves nothing behind', async () => {
  await inDirectory(async (path) => {
    const { code, stdout } = await run(['--repeat', '2', '--json'], undefined, path('.'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      packets: 364,
      sealed: 360,
      checked: 360,
    });
    expect(readdirSync(path('.'))).toEqual([]);
  });
});

test('what tshark, where there is one, makes of it', async () => {
  if (spawnSync('tshark', ['--version']).error !== undefined) return;
  await inDirectory(async (path) => {
    await run([RECORDED, '--output', path('sealed'), '--keys', path('keys')]);
    const table = readFileSync(path('keys'), 'utf8').trimEnd().split('\n');
    const options = [
      'esp.enable_encryption_decode:TRUE',
      'esp.enable_authentication_check:TRUE',
      ...table.map((line) => `uat:esp_sa:${line}`),
    ].flatMap((option) => ['-o', option]);
    const fields = ['esp.icv_good', '_ws.col.Protocol'].flatMap((field) => ['-e', field]);
    const args = ['-r', path('sealed'), ...options, '-T', 'fields', ...fields];
    const { stdout } = spawnSync('tshark', args, { encoding: 'utf8' });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines).toHaveLength(180);
    expect(lines.every(([good]) => good === '1' || good === 'True')).toBe(true);
    expect(lines.map(([, protocol]) => protocol)).not.toContain('ESP');
  });
});

test.each<[string, string[], number, RegExp]>([
  ['two files', ['a', 'b'], 2, /one file at a time, not 2/],
  ['an unknown option', ['--fast'], 2, /'--fast'/],
  ['a short key', ['--key', '00'], 1, /--key must have 64 hexadecimal digits, not 2/],
  ['no association', ['--associations', '0'], 1, /--associations must be .* from 1 to 1024/],
  ['to repeat what comes once', ['-', '--repeat', '2'], 1, /--repeat needs a file/],
  ['no such file', ['/nowhere.pcap'], 1, /cannot read \/nowhere.pcap: no such file/],
])('%s', async (_what, args, code, line) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, stdout: Buffer.alloc(0) });
  expect(ended.stderr).toMatch(/^ipsec-gateway: [^\n]+\n$/);
  expect(ended.stderr).toMatch(line);
});

test('files that are no captures, or of another kind', async () => {
  await inDirectory(async (path) => {
    const format = { order: 'LE', nanoseconds: false, link: 105 } as const;
    const long = writeCapture([{ ...recorded[0]!, length: 1 }], { ...format, link: ETHERNET });
    long.writeUInt32LE(300_000, 24 + 8);
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /not a capture/],
      [Buffer.alloc(100, 'text '), /not a capture/],
      [Buffer.from('0a0d0d0a'.repeat(8), 'hex'), /it is pcapng; "editcap -F pcap" converts it/],
      [writeCapture([], format), /frames of link type 105 are not known here/],
      [long, /packet 1 claims 300000 bytes, the most is 262144/],
    ];
    for (const [file, line] of cases) {
      writeFileSync(path('in'), file);
      const { code, stderr } = await run([path('in'), '--output', path('out')]);
      expect(code).toBe(1);
      expect(stderr).toMatch(line);
      expect(readdirSync(path('.'))).toEqual(['in']);
    }
  });
});
