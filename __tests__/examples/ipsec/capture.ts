/**
 * Captures for the tests of the gateway, read and written by code that shares nothing with the
 * example's: plain offsets, after the descriptions of the formats.
 */
import { createDecipheriv } from 'node:crypto';

export interface Packet {
  readonly seconds: number;
  readonly fraction: number;
  /** On the wire, which may be more than was captured. */
  readonly length: number;
  readonly bytes: Buffer;
}

export interface Format {
  readonly order: 'BE' | 'LE';
  readonly nanoseconds: boolean;
  readonly link: number;
}

const MAGIC = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d };
export const ETHERNET = 1;
export const RAW = 101;

export function writeCapture(packets: readonly Packet[], format: Format): Buffer {
  const words = (...values: number[]): Buffer => {
    const buffer = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => buffer[`writeUInt32${format.order}`](value, 4 * i));
    return buffer;
  };
  const version = Buffer.alloc(4);
  version[`writeUInt16${format.order}`](2, 0);
  version[`writeUInt16${format.order}`](4, 2);
  const magic = format.nanoseconds ? MAGIC.nano : MAGIC.micro;
  const header = [words(magic), version, words(0, 0, 65_535, format.link)];
  const body = packets.flatMap(({ seconds, fraction, length, bytes }) => [
    words(seconds, fraction, bytes.length, length),
    bytes,
  ]);
  return Buffer.concat([...header, ...body]);
}

/** A little-endian capture, as the gateway writes and tcpdump wrote. */
export function readCapture(file: Buffer): { magic: number; link: number; packets: Packet[] } {
  const packets: Packet[] = [];
  for (let at = 24; at < file.length;) {
    const [seconds, fraction, captured, length] = [0, 4, 8, 12].map((word) =>
      file.readUInt32LE(at + word),
    ) as [number, number, number, number];
    at += 16;
    packets.push({ seconds, fraction, length, bytes: file.subarray(at, at + captured) });
    at += captured;
  }
  return { magic: file.readUInt32LE(0), link: file.readUInt32LE(20), packets };
}

/** The IP packet in an Ethernet frame without tags: undefined for ARP. */
export function insideEthernet(frame: Buffer): Buffer | undefined {
  const type = frame.readUInt16BE(12);
  if (type === 0x0800) return frame.subarray(14, 14 + frame.readUInt16BE(16));
  if (type === 0x86dd) return frame.subarray(14, 14 + 40 + frame.readUInt16BE(18));
  return undefined;
}

export interface Opened {
  readonly spi: number;
  readonly sequence: number;
  readonly inner: Buffer;
}

/** Secrets by SPI, from Wireshark's table. */
export function readKeys(table: string): Map<number, Buffer> {
  const lines = table.trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [, , , spi, , secret] = JSON.parse(`[${line}]`) as string[];
      return [Number(spi), Buffer.from(secret!.slice(2), 'hex')];
    }),
  );
}

/** RFC 4303 and 4106, by the book. @throws what is wrong with the packet. */
export function openEsp(packet: Buffer, keys: ReadonlyMap<number, Buffer>): Opened {
  if (packet[0] !== 0x45 || packet[9] !== 50) throw new Error('not ESP in IPv4');
  if (packet.readUInt16BE(2) !== packet.length) throw new Error('the outer length is wrong');
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += packet.readUInt16BE(i);
  if (sum % 0xffff !== 0) throw new Error('the outer checksum is wrong');
  const spi = packet.readUInt32BE(20);
  const secret = keys.get(spi);
  if (secret === undefined) throw new Error(`no key for ${spi}`);
  const cipher = packet.subarray(36, packet.length - 16);
  if (cipher.length % 4 !== 0) throw new Error('the trailer is not aligned');
  const nonce = Buffer.concat([secret.subarray(16, 20), packet.subarray(28, 36)]);
  const opener = createDecipheriv('aes-128-gcm', secret.subarray(0, 16), nonce);
  opener.setAAD(packet.subarray(20, 28)).setAuthTag(packet.subarray(packet.length - 16));
  const plain = Buffer.concat([opener.update(cipher), opener.final()]);
  const padding = plain[plain.length - 2]!;
  const inner = plain.subarray(0, plain.length - 2 - padding);
  for (let i = 0; i < padding; i++) {
    if (plain[inner.length + i] !== i + 1) throw new Error('the padding does not count up');
  }
  const next = plain[plain.length - 1];
  if (next !== (inner[0]! >> 4 === 6 ? 41 : 4)) throw new Error(`next header ${next}`);
  return { spi, sequence: packet.readUInt32BE(24), inner };
}
