/** Packets as an IPsec sender would encrypt them: AES-128-GCM, a nonce each, the tag at the end. */
import { createCipheriv, createSecretKey } from 'node:crypto';
import type { Seal } from './seal.js';

export const PACKET_BYTES = 1500;
export const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const SALT_BYTES = 4;

export interface PacketContext {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** The fixed part of all nonces, 4 bytes. */
  readonly salt: Uint8Array;
}

/** Encrypts a packet in place and appends its tag. The nonce is the salt and the packet's number. */
export function packetSeal({ key, salt }: PacketContext): Seal {
  const secret = createSecretKey(key);
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.set(salt.subarray(0, SALT_BYTES));
  return (buffer, length, number) => {
    nonce.writeBigUInt64BE(BigInt(number), SALT_BYTES);
    const cipher = createCipheriv('aes-128-gcm', secret, nonce);
    const sealed = cipher.update(buffer.subarray(0, length));
    cipher.final();
    const tag = cipher.getAuthTag();
    buffer.set(sealed);
    buffer.set(tag, length);
    return length + TAG_BYTES;
  };
}
