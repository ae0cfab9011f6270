/** Where an IP packet begins, and which packets are of one flow. */
import { expect, test } from '@jest/globals';
import { findPacket } from '../../examples/ipsec-gateway/ip-packet.js';
import { LINK } from '../../examples/ipsec-gateway/pcap.js';

const UDP = 17;
const PORTS = [0x12, 0x34, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];

/** An IPv4 packet with a right checksum. */
function ipv4(rest: number[], { offset = 0, protocol = UDP, from = 1 } = {}): Buffer {
  const header = Buffer.from([
    0x45,
    0,
    0,
    0,
    0,
    7,
    0,
    0,
    64,
    protocol,
    0,
    0,
    10,
    0,
    0,
    from,
    10,
    0,
    0,
    9,
  ]);
  header.writeUInt16BE(20 + rest.length, 2);
  header.writeUInt16BE(offset, 6);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += header.readUInt16BE(i);
  header.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 10);
  return Buffer.concat([header, Buffer.from(rest)]);
}

function ipv6(next: number, rest: number[]): Buffer {
  const header = Buffer.alloc(40);
  header.set([0x60, 0, 0, 0, 0, rest.length, next, 64]);
  header.set([0x20, 1, 0xd, 0xb8], 8);
  header.set([0x20, 1, 0xd, 0xb8, 9], 24);
  return Buffer.concat([header, Buffer.from(rest)]);
}

function ethernet(type: number, packet: Buffer, tags: number[] = []): Buffer {
  return Buffer.concat([Buffer.alloc(12), Buffer.from([...tags, type >> 8, type & 0xff]), packet]);
}

const packet = ipv4(PORTS);

test.each<[string, Buffer, number]>([
  ['Ethernet', ethernet(0x0800, packet), LINK.ETHERNET],
  ['Ethernet, padded', ethernet(0x0800, Buffer.concat([packet, Buffer.alloc(14)])), LINK.ETHERNET],
  ['a VLAN', ethernet(0x0800, packet, [0x81, 0, 0, 5]), LINK.ETHERNET],
  ['a VLAN in a VLAN', ethernet(0x0800, packet, [0x88, 0xa8, 0, 1, 0x81, 0, 0, 5]), LINK.ETHERNET],
  ['raw', packet, LINK.RAW],
  ['BSD loopback', Buffer.concat([Buffer.from([2, 0, 0, 0]), packet]), LINK.NULL],
  [
    'Linux cooked',
    Buffer.concat([Buffer.alloc(14), Buffer.from([8, 0]), packet]),
    LINK.LINUX_COOKED,
  ],
  [
    'Linux cooked 2',
    Buffer.concat([Buffer.from([8, 0]), Buffer.alloc(18), packet]),
    LINK.LINUX_COOKED_2,
  ],
])('%s', (_what, frame, link) => {
  expect(Buffer.from(findPacket(frame, link)!.bytes).equals(packet)).toBe(true);
});

test('what is not IP', () => {
  expect(findPacket(ethernet(0x0806, Buffer.alloc(28)), LINK.ETHERNET)).toBeUndefined();
  expect(findPacket(Buffer.alloc(3), LINK.ETHERNET)).toBeUndefined();
});

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /IP version 0/],
  ['half a header', packet.subarray(0, 12), /too short/],
  ['less than its length', packet.subarray(0, -1), /32 bytes by its header, 31 in the frame/],
  ['a damaged header', packet.map((byte, i) => (i === 8 ? byte ^ 1 : byte)) as Buffer, /checksum/],
  ['half an IPv6 header', ipv6(UDP, []).subarray(0, 30), /too short/],
  ['a short IPv6 packet', ipv6(UDP, PORTS).subarray(0, 45), /52 bytes by its header, 45/],
])('%s is refused', (_what, bytes, message) => {
  expect(() => findPacket(bytes, LINK.RAW)).toThrow(message);
});

test('ports make the flow, except of fragments', () => {
  const flow = (bytes: Buffer): number => findPacket(bytes, LINK.RAW)!.flow;
  const others = [0x43, ...PORTS.slice(1)];
  expect(flow(ipv4(PORTS))).toBe(flow(ipv4([...PORTS, 1, 2])));
  expect(flow(ipv4(PORTS))).not.toBe(flow(ipv4(others)));
  expect(flow(ipv4(PORTS))).not.toBe(flow(ipv4(PORTS, { from: 2 })));
  expect(flow(ipv4(PORTS))).not.toBe(flow(ipv4(PORTS, { protocol: 6 })));
  // The first fragment has ports, the second has not, and they must stay together.
  expect(flow(ipv4(PORTS, { offset: 0x2000 }))).toBe(flow(ipv4(others, { offset: 0x0005 })));
  // ICMP has none.
  expect(flow(ipv4(PORTS, { protocol: 1 }))).toBe(flow(ipv4(others, { protocol: 1 })));
});

test('IPv6: ports behind extension headers, fragments', () => {
  const flow = (bytes: Buffer): number => findPacket(bytes, LINK.RAW)!.flow;
  const options = [UDP, 0, 0, 0, 0, 0, 0, 0];
  const fragment = (rest: number[]): Buffer => ipv6(44, [UDP, 0, 0, 1, 0, 0, 0, 1, ...rest]);
  const others = [0x43, ...PORTS.slice(1)];
  expect(flow(ipv6(0, [...options, ...PORTS]))).toBe(flow(ipv6(UDP, PORTS)));
  expect(flow(ipv6(UDP, others))).not.toBe(flow(ipv6(UDP, PORTS)));
  expect(flow(fragment(PORTS))).toBe(flow(fragment(others)));
  // An extension that claims to be longer than the packet.
  expect(flow(ipv6(0, [UDP, 200, 0, 0]))).toEqual(expect.any(Number));
});
