/**
 * AES-256-CTR in pieces: any chunk can be encrypted by itself, because the key stream at a block
 * depends on the first counter and the block's number only. Decryption is the same operation.
 */
import { createCipheriv, createSecretKey } from 'node:crypto';
import type { Seal } from './seal.js';

const BLOCK_BYTES = 16;

export interface CtrContext {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Bytes of every chunk but the last; a multiple of 16. */
  readonly chunk: number;
}

/** Encrypts chunk `number` of a stream where it is. */
export function ctrSeal({ key, iv, chunk }: CtrContext): Seal {
  const secret = createSecretKey(key);
  const counter = new Uint8Array(BLOCK_BYTES);
  const blocksPerChunk = chunk / BLOCK_BYTES;
  return (buffer, length, number) => {
    counterAt(iv, number * blocksPerChunk, counter);
    const cipher = createCipheriv('aes-256-ctr', secret, counter);
    buffer.set(cipher.update(buffer.subarray(0, length)));
    return length;
  };
}

/** Writes `iv + blocks` into `counter`: 128 bits, big-endian, wrapping. */
export function counterAt(iv: Uint8Array, blocks: number, counter: Uint8Array): void {
  let carry = blocks;
  for (let i = BLOCK_BYTES - 1; i >= 0; i--) {
    const sum = iv[i]! + (carry % 256);
    counter[i] = sum;
    carry = Math.floor(carry / 256) + (sum >> 8);
  }
}
