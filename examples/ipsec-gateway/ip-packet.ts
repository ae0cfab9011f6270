/** Finds the IP packet in a frame, and in the packet what tells one flow from another. */
import { LINK } from './pcap.js';
import { viewOf } from './record.js';

export interface IpPacket {
  /** The packet alone: a short frame is padded behind it. */
  readonly bytes: Uint8Array;
  readonly version: 4 | 6;
  /** Hash of the 5-tuple; of fragments, of which all but the first lack ports, of the addresses. */
  readonly flow: number;
}

const ETHERTYPE = { IPV4: 0x0800, IPV6: 0x86dd } as const;
/** A VLAN, one inside another, and what that had before it had a number of its own. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
/** How the systems number IP in front of what goes over a loopback: IPv4, then IPv6. */
const LOOPBACK_FAMILIES: ReadonlySet<number> = new Set([2, 10, 24, 28, 30]);
const PROTOCOL = { TCP: 6, UDP: 17, DCCP: 33, SCTP: 132, UDP_LITE: 136 } as const;
const WITH_PORTS: ReadonlySet<number> = new Set(Object.values(PROTOCOL));
/** IPv6 headers between the first and the transport's: hop-by-hop, routing, destination options. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT = 44;
const HOP_BY_HOP = 0;
const NOTHING_NEXT = 59;
/** Behind the next header and the length of the options; its type and its own length. */
const JUMBO_OPTION_AT = 42;
const JUMBO_OPTION = 0xc204;
/** What fills an Ethernet frame with an IPv6 header alone, a checksum included. */
const PADDING_MAX = 10;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
/** The flag "more fragments" and the offset. */
const FRAGMENTED = 0x3fff;

/** @returns undefined for what is not IP. @throws Error for what claims to be and is wrong. */
export function findPacket(frame: Uint8Array, linkType: number): IpPacket | undefined {
  const at = packetStart(frame, linkType);
  if (at === undefined) return undefined;
  const packet = frame.subarray(at);
  const version = (packet[0] ?? 0) >>> 4;
  if (version === 4) return readIpv4(packet);
  if (version === 6) return readIpv6(packet);
  throw new Error(`IP version ${version}`);
}

export function isKnownLink(linkType: number): boolean {
  return (Object.values(LINK) as number[]).includes(linkType);
}

/** Where the IP packet begins; undefined when the frame carries something else. */
function packetStart(frame: Uint8Array, linkType: number): number | undefined {
  switch (linkType) {
    case LINK.ETHERNET:
      return behindEthertype(frame, 12);
    case LINK.LINUX_COOKED:
      return behindEthertype(frame, 14);
    case LINK.LINUX_COOKED_2:
      return behindEthertype(frame, 0, 20);
    case LINK.NULL:
    case LINK.LOOP:
      // In the byte order of the machine that captured, so the one byte is at either end.
      return LOOPBACK_FAMILIES.has((frame[0] ?? 0) | (frame[3] ?? 0)) ? 4 : undefined;
    default:
      return 0;
  }
}

/** @param start where what has that type begins; a VLAN's tag ends in the type of the rest. */
function behindEthertype(frame: Uint8Array, at: number, start = at + 2): number | undefined {
  let type = readWord(frame, at);
  while (VLAN_TAGS.has(type)) {
    type = readWord(frame, start + 2);
    start += 4;
  }
  return isIp(type) ? start : undefined;
}

function isIp(ethertype: number): boolean {
  return ethertype === ETHERTYPE.IPV4 || ethertype === ETHERTYPE.IPV6;
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function readIpv4(packet: Uint8Array): IpPacket {
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  const length = readWord(packet, 2);
  if (length === 0 && packet.length > IPV4_BYTES) {
    throw new Error('an IPv4 total length of 0: captured before it was cut into segments');
  }
  if (headerBytes < IPV4_BYTES || packet.length < headerBytes || length < headerBytes) {
    throw new Error('an IPv4 header that is too short');
  }
  const bytes = whole(packet, length);
  if (checksum(bytes.subarray(0, headerBytes)) !== 0) throw new Error('a wrong header checksum');
  const protocol = bytes[9]!;
  const ports =
    (readWord(bytes, 6) & FRAGMENTED) === 0 && WITH_PORTS.has(protocol) ? headerBytes : undefined;
  return { bytes, version: 4, flow: hashFlow(bytes, 12, IPV4_BYTES, protocol, ports) };
}

function readIpv6(packet: Uint8Array): IpPacket {
  if (packet.length < IPV6_BYTES) throw new Error('an IPv6 header that is too short');
  const bytes = whole(packet, ipv6Length(packet));
  let next = bytes[6]!;
  let at = IPV6_BYTES;
  while (EXTENSIONS.has(next) && at + 1 < bytes.length) {
    next = bytes[at]!;
    at += (bytes[at + 1]! + 1) * 8;
  }
  const ports = next !== FRAGMENT && WITH_PORTS.has(next) ? at : undefined;
  const protocol = next === FRAGMENT ? (bytes[at] ?? 0) : next;
  return { bytes, version: 6, flow: hashFlow(bytes, 8, IPV6_BYTES, protocol, ports) };
}

/**
 * What a system leaves to its network card to cut into segments has a payload length of 0: then it is
 * as long as its jumbogram option says (RFC 2675), or as what was captured.
 */
function ipv6Length(packet: Uint8Array): number {
  const payload = readWord(packet, 4);
  if (payload > 0) return IPV6_BYTES + payload;
  const next = packet[6]!;
  const following = packet.length - IPV6_BYTES;
  if (next === HOP_BY_HOP && readWord(packet, JUMBO_OPTION_AT) === JUMBO_OPTION && following >= 8) {
    return IPV6_BYTES + viewOf(packet).getUint32(JUMBO_OPTION_AT + 2);
  }
  return next === NOTHING_NEXT && following <= PADDING_MAX ? IPV6_BYTES : packet.length;
}

function whole(packet: Uint8Array, length: number): Uint8Array {
  if (length <= packet.length) return packet.subarray(0, length);
  throw new Error(`${length} bytes by its header, ${packet.length} in the frame`);
}

/** FNV-1a over addresses, protocol and ports. */
function hashFlow(
  bytes: Uint8Array,
  from: number,
  to: number,
  protocol: number,
  ports: number | undefined,
): number {
  let hash = 0x811c_9dc5;
  const take = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x0100_0193);
  };
  for (let i = from; i < to; i++) take(bytes[i]!);
  take(protocol);
  if (ports !== undefined) for (let i = ports; i < ports + 4; i++) take(bytes[i] ?? 0);
  // The lowest bits of FNV alone are poor in entropy.
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The Internet checksum, RFC 1071: 0 over a header that holds its own. */
export function checksum(header: Uint8Array): number {
  const view = viewOf(header);
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
