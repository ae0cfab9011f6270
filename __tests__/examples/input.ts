/** Bytes as what an example reads. */
import type { Input } from '../../examples/command/input.js';

export function inputOf(bytes: Uint8Array): Input {
  let at = 0;
  return {
    size: bytes.length,
    identity: undefined,
    comesAgain: false,
    async read(buffer) {
      const piece = bytes.subarray(at, at + buffer.length);
      buffer.set(piece);
      at += piece.length;
      return piece.length;
    },
    async close() {},
  };
}
