/** AES-128-GCM over a packet, in place, the tag behind it: the work of the crypto scenarios. */
import { createCipheriv, createSecretKey } from 'node:crypto';

export const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** Encrypts the first `length` bytes; returns the length with the tag. */
export type Seal = (buffer: Uint8Array, length: number, number: number) => number;

/** A nonce is the packet's number. */
export function makeSeal(key: Uint8Array): Seal {
  const secret = createSecretKey(key);
  const nonce = Buffer.alloc(NONCE_BYTES);
  return (buffer, length, number) => {
    nonce.writeUInt32BE(number, 8);
    const cipher = createCipheriv('aes-128-gcm', secret, nonce);
    const sealed = cipher.update(buffer.subarray(0, length));
    cipher.final();
    buffer.set(sealed);
    buffer.set(cipher.getAuthTag(), length);
    return length + TAG_BYTES;
  };
}
