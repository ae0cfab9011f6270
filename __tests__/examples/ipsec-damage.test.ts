/** Captures that are cut, damaged, or of packets that are not what their headers say. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { findPacket } from '../../examples/ipsec-gateway/ip-packet.js';
import { CaptureReader, LINK } from '../../examples/ipsec-gateway/pcap.js';
import { inDirectory, runExample } from './cli.js';
import { inputOf } from './input.js';
import { openEsp, RAW, readCapture, readKeys, writeCapture } from './ipsec/capture.js';
import type { Format, Packet } from './ipsec/capture.js';

const FORMAT: Format = { order: 'LE', nanoseconds: false, link: RAW };
const NO_NEXT = 59;
const TCP = 6;

function ipv6(next: number, payloadLength: number, rest: Uint8Array): Buffer {
  const header = Buffer.alloc(40);
  header.set([0x60, 0, 0, 0, payloadLength >> 8, payloadLength & 0xff, next, 64]);
  return Buffer.concat([header, rest]);
}

/** A header that the machine that sends it has not filled in, behind what it is to be. */
function ipv4(totalLength: number, rest: Uint8Array): Buffer {
  const header = Buffer.alloc(20);
  header.set([0x45, 0, totalLength >> 8, totalLength & 0xff, 0, 0, 0, 0, 64, TCP]);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += header.readUInt16BE(i);
  header.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 10);
  return Buffer.concat([header, rest]);
}

function captured(...packets: Uint8Array[]): Packet[] {
  return packets.map((bytes, seconds) => {
    return { seconds, fraction: 0, length: bytes.length, bytes: Buffer.from(bytes) };
  });
}

const good = ipv6(TCP, 20, Buffer.alloc(20, 1));

async function readAll(file: Uint8Array) {
  const reader = await CaptureReader.open('in', inputOf(file));
  const records: Uint8Array[] = [];
  for await (const record of reader.records()) records.push(record);
  return { packets: records.length, damage: reader.damage };
}

test('W7: wherever a capture is cut, the packets before it are read, and it is told', async () => {
  const file = writeCapture(captured(good, good, good), FORMAT);
  const size = 16 + good.length;
  for (let length = 24; length <= file.length; length++) {
    const packets = Math.floor((length - 24) / size);
    const damage =
      length === 24 + packets * size
        ? undefined
        : `in ends in the middle of packet ${packets + 1}, which is left out`;
    expect(await readAll(file.subarray(0, length))).toEqual({ packets, damage });
  }
});

test('W7: what no packet can be ends a capture, not what came before', async () => {
  const file = writeCapture(captured(good, good), FORMAT);
  file.writeUInt32LE(300_000, 24 + 16 + good.length + 8);
  const damage = 'cannot read in to its end: packet 2 claims 300000 bytes, the most is 262144';
  expect(await readAll(file)).toEqual({ packets: 1, damage });
});

test.each<[string, (file: Buffer) => Uint8Array, RegExp]>([
  ['nothing', () => Buffer.alloc(0), /^cannot read in: not a capture: it is empty$/],
  ['a cut header', (file) => file.subarray(0, 23), /not a capture: it is too short/],
  ['cut pcapng', () => Buffer.from('0a0d0d0a1c00', 'hex'), /it is pcapng; "editcap -F pcap"/],
  ['gzip', () => Buffer.from('1f8b0800', 'hex'), /compressed by gzip; "zcat" can be piped in/],
  ['a magic of its own', (file) => file.fill(0x34, 0, 1), /cannot read in: not a capture$/],
  ['version 1', (file) => file.fill(1, 4, 5), /version 1\.4 of the format is not known here/],
])('W7: %s is refused', async (_what, change, message) => {
  const file = writeCapture(captured(good), FORMAT);
  await expect(readAll(change(file))).rejects.toThrow(message);
});

const many = Buffer.alloc(3000, 7);
/** Hop-by-hop options: next header, their length, the jumbogram's option, its length. */
const jumbo = (length: number): Buffer => {
  const option = Buffer.from([TCP, 0, 0xc2, 4, 0, 0, length >> 8, length & 0xff]);
  return Buffer.concat([option, many]);
};

test.each<[string, Buffer, number]>([
  ['as long as what was captured', ipv6(TCP, 0, many), 3040],
  ['and nothing', ipv6(TCP, 0, Buffer.alloc(0)), 40],
  ['and padding', ipv6(NO_NEXT, 0, Buffer.alloc(6)), 40],
  ['and far more than padding', ipv6(NO_NEXT, 0, many), 3040],
  ['a jumbogram', ipv6(0, 0, jumbo(3008)), 3048],
  ['a jumbogram, padded', ipv6(0, 0, jumbo(3000)), 3040],
])('W7: IPv6 with a payload length of 0: %s', (_what, packet, length) => {
  expect(findPacket(packet, LINK.RAW)!.bytes).toHaveLength(length);
});

test.each<[string, Buffer, RegExp]>([
  ['a jumbogram that is not all there', ipv6(0, 0, jumbo(3009)), /3049 bytes .*, 3048 in the/],
  ['IPv4 without a length', ipv4(0, many), /^an IPv4 total length of 0: captured before/],
])('W7: %s is refused', (_what, packet, message) => {
  expect(() => findPacket(packet, LINK.RAW)).toThrow(message);
});

test.each<[string, Buffer, number]>([
  ['old VLAN in VLAN', Buffer.from('910000018100000286dd', 'hex'), LINK.ETHERNET],
  ['Linux cooked, VLAN', Buffer.from('8100000186dd', 'hex'), LINK.LINUX_COOKED],
])('W7: %s', (_what, tags, link) => {
  const front = Buffer.alloc(link === LINK.ETHERNET ? 12 : 14);
  const frame = Buffer.concat([front, tags, good]);
  expect(findPacket(frame, link)!.bytes).toHaveLength(good.length);
});

test('W7: Linux cooked 2, VLAN; loopbacks, and what else goes over them', () => {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(0x8100, 0);
  const cooked = Buffer.concat([header, Buffer.from('000586dd', 'hex'), good]);
  expect(findPacket(cooked, LINK.LINUX_COOKED_2)!.bytes).toHaveLength(good.length);
  for (const [family, link] of [
    ['1e000000', LINK.NULL],
    ['00000018', LINK.LOOP],
  ] as const) {
    const frame = Buffer.concat([Buffer.from(family, 'hex'), good]);
    expect(findPacket(frame, link)!.bytes).toHaveLength(good.length);
  }
  expect(findPacket(Buffer.from('0700000001020304', 'hex'), LINK.NULL)).toBeUndefined();
});

test('W7: the check expects what was refused; what has no length goes through whole', async () => {
  await inDirectory(async (path) => {
    const tooLong = ipv4(65_500, Buffer.alloc(65_480));
    const segments = ipv6(TCP, 0, many);
    const packets = captured(good, tooLong, ipv4(0, many), segments, good);
    const cutShort = { ...packets[4]!, length: 1500 };
    const file = writeCapture([...packets, cutShort, packets[0]!], FORMAT);
    writeFileSync(path('in'), file.subarray(0, -good.length - 3));
    const args = [path('in'), '--output', path('out'), '--keys', path('keys'), '--json'];
    const { code, stdout, stderr } = await runExample('ipsec-gateway', args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/in ends in the middle of packet 7, which is left out\n$/);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      packets: 6,
      sealed: 3,
      checked: 3,
      refused: [
        { reason: 'too long for a tunnel: 65500 bytes', count: 1, first: 2 },
        { reason: expect.stringMatching(/^an IPv4 total length of 0/), first: 3 },
        { reason: 'cut short: 60 of 1500 bytes were captured', first: 6 },
      ],
    });
    const keys = readKeys(readFileSync(path('keys'), 'utf8'));
    const sealed = readCapture(readFileSync(path('out'))).packets;
    const inner = sealed.map(({ bytes }) => openEsp(bytes, keys).inner);
    expect(inner).toEqual([good, segments, good]);
  });
});

test('W7, U3: the keys do not go over the input, nor over the packets', async () => {
  await inDirectory(async (path) => {
    const file = writeCapture(captured(good), FORMAT);
    writeFileSync(path('in'), file);
    for (const [keys, message] of [
      ['in', /cannot write .*in: it is the input/],
      ['out', /--keys and --output are the same/],
      // What fails leaves no keys either.
      ['keys', /cannot write .*nowhere\/out: no such file/],
    ] as const) {
      const output = path(keys === 'keys' ? 'nowhere/out' : 'out');
      const args = [path('in'), '--output', output, '--keys', path(keys)];
      const { code, stderr } = await runExample('ipsec-gateway', args);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
    }
    expect(readFileSync(path('in')).equals(file)).toBe(true);
    expect(readdirSync(path('.'))).toEqual(['in']);
  });
});
