/**
 * ESP in tunnel mode, RFC 4303, with AES-GCM, RFC 4106:
 *
 *   outer IPv4 header │ SPI │ sequence │ IV │ packet │ padding │ length of it │ 4 or 41 │ ICV
 *          20            4       4       8  └────────────────encrypted────────────────┘   16
 *                      └─authenticated─┘    └──────────────authenticated──────────────┘
 */
import { createCipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Association } from './associations.js';
import { SALT_BYTES, TUNNEL } from './associations.js';
import { checksum } from './ip-packet.js';
import { viewOf } from './record.js';

const OUTER_BYTES = 20;
const ESP_BYTES = 8;
const IV_BYTES = 8;
const ICV_BYTES = 16;
const NONCE_BYTES = SALT_BYTES + IV_BYTES;
const TRAILER_BYTES = 2;
const FRONT_BYTES = OUTER_BYTES + ESP_BYTES + IV_BYTES;
/** The trailer ends on a boundary of four bytes. */
const ALIGNMENT = 4;
/** What follows, as IP numbers it: an IPv4 packet, an IPv6 packet, ESP. */
const IPV4_INSIDE = 4;
const IPV6_INSIDE = 41;
const ESP = 50;
const HOPS = 64;
const DO_NOT_FRAGMENT = 0x4000;
/** The length of an IP packet is a word of 16 bits. */
export const IP_PACKET_MAX = 65_535;

/** Bytes of the ESP packet that a packet of `length` bytes becomes. */
export function sealedLength(length: number): number {
  return FRONT_BYTES + length + paddingOf(length) + TRAILER_BYTES + ICV_BYTES;
}

function paddingOf(length: number): number {
  return (ALIGNMENT - ((length + TRAILER_BYTES) % ALIGNMENT)) % ALIGNMENT;
}

/** Writes ESP packets of one association. */
export class Sealer {
  readonly #spi: number;
  readonly #key: KeyObject;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  constructor({ spi, key, salt }: Association) {
    this.#spi = spi;
    this.#key = createSecretKey(key);
    this.#nonce.set(salt);
  }

  /** Fills all of `target`, which has exactly the `sealedLength` of the packet. */
  seal(packet: Uint8Array, sequence: number, target: Uint8Array): void {
    writeOuter(target, trafficClass(packet));
    const view = viewOf(target);
    view.setUint32(OUTER_BYTES, this.#spi);
    view.setUint32(OUTER_BYTES + 4, sequence);
    // The IV must not repeat under one key, and need not be random: the sequence number does.
    view.setUint32(OUTER_BYTES + ESP_BYTES, 0);
    view.setUint32(OUTER_BYTES + ESP_BYTES + 4, sequence);
    this.#nonce.writeUInt32BE(sequence, NONCE_BYTES - 4);
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce);
    cipher.setAAD(target.subarray(OUTER_BYTES, OUTER_BYTES + ESP_BYTES));
    const body = cipher.update(packet);
    const trailer = cipher.update(trailerOf(packet));
    cipher.final();
    target.set(body, FRONT_BYTES);
    target.set(trailer, FRONT_BYTES + body.length);
    target.set(cipher.getAuthTag(), FRONT_BYTES + body.length + trailer.length);
  }
}

/** Padding counts up from 1, so that a receiver may look at it. */
function trailerOf(packet: Uint8Array): Uint8Array {
  const padding = paddingOf(packet.length);
  const trailer = new Uint8Array(padding + TRAILER_BYTES);
  for (let i = 0; i < padding; i++) trailer[i] = i + 1;
  trailer[padding] = padding;
  trailer[padding + 1] = isIpv6(packet) ? IPV6_INSIDE : IPV4_INSIDE;
  return trailer;
}

function isIpv6(packet: Uint8Array): boolean {
  return packet[0]! >>> 4 === 6;
}

/** What the network is to know of the packet inside: its class and its sign of congestion. */
function trafficClass(packet: Uint8Array): number {
  return isIpv6(packet) ? ((packet[0]! & 0x0f) << 4) | (packet[1]! >>> 4) : packet[1]!;
}

function writeOuter(target: Uint8Array, trafficClassByte: number): void {
  const view = viewOf(target);
  target[0] = 0x45;
  target[1] = trafficClassByte;
  view.setUint16(2, target.length);
  // Never fragmented, so it needs no identification: RFC 6864.
  view.setUint16(4, 0);
  view.setUint16(6, DO_NOT_FRAGMENT);
  target[8] = HOPS;
  target[9] = ESP;
  view.setUint16(10, 0);
  target.set(TUNNEL.source, 12);
  target.set(TUNNEL.destination, 16);
  view.setUint16(10, checksum(target.subarray(0, OUTER_BYTES)));
}
