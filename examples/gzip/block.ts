/**
 * What travels: a block of the input, before it the text that it may refer back to.
 *
 *   in    0  length of the dictionary    4  dictionary    then the block
 *   out   0  CRC-32 of the block         4  its length    8  its bytes, deflated
 */

/** As far back as deflate can refer. */
export const DICTIONARY_BYTES = 32 * 1024;
const DICTIONARY_AT = 4;
export const DEFLATED_AT = 8;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function makeBlock(dictionary: Uint8Array, data: Uint8Array): Uint8Array {
  const block = new Uint8Array(DICTIONARY_AT + dictionary.length + data.length);
  viewOf(block).setUint32(0, dictionary.length);
  block.set(dictionary, DICTIONARY_AT);
  block.set(data, DICTIONARY_AT + dictionary.length);
  return block;
}

export function dictionaryOf(block: Uint8Array): Uint8Array {
  return block.subarray(DICTIONARY_AT, dataAt(block));
}

export function dataOf(block: Uint8Array): Uint8Array {
  return block.subarray(dataAt(block));
}

function dataAt(block: Uint8Array): number {
  return DICTIONARY_AT + viewOf(block).getUint32(0);
}

/** A block's share of the stream. */
export interface Deflated {
  readonly crc: number;
  /** Bytes before deflation. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

export function readDeflated(result: Uint8Array): Deflated {
  const view = viewOf(result);
  return { crc: view.getUint32(0), length: view.getUint32(4), bytes: result.subarray(DEFLATED_AT) };
}
