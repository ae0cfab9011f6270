/** The counter of AES-CTR at any block. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { counterAt } from '../../examples/padata-crypto/ctr.js';

const BITS = 128n;

function asNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

test('the counter is the first counter plus the block, in 128 bits that wrap', () => {
  const iv = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.integer({ min: 0, max: 255 }).map((last) => new Uint8Array(16).fill(255).fill(last, 15)),
  );
  fc.assert(
    fc.property(iv, fc.maxSafeNat(), (first, blocks) => {
      const counter = new Uint8Array(16);
      counterAt(first, blocks, counter);
      expect(asNumber(counter)).toBe(
        BigInt.asUintN(Number(BITS), asNumber(first) + BigInt(blocks)),
      );
    }),
  );
});
