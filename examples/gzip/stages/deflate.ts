/**
 * The one stage: deflates a block, and sums it up.
 *
 * The block ends on a byte's boundary and is not marked as the last (Z_SYNC_FLUSH), so that blocks can
 * be strung together. It refers back to the text before it as if it had been deflated after it.
 */
import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { SetupContext, StageContext } from '../../../lib/index.js';
import { dataOf, DEFLATED_AT, dictionaryOf, viewOf } from '../block.js';

export interface DeflateContext {
  /** 1 fast to 9 small. */
  readonly level: number;
}

const MEM_LEVEL_MAX = 9;
let level = constants.Z_DEFAULT_COMPRESSION;

export function setup({ context }: SetupContext<DeflateContext>): void {
  ({ level } = context);
}

export function deflate(block: Uint8Array, context: StageContext): Uint8Array {
  const data = dataOf(block);
  const deflated = deflateRawSync(data, {
    level,
    memLevel: MEM_LEVEL_MAX,
    dictionary: dictionaryOf(block),
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  const length = DEFLATED_AT + deflated.length;
  const result = context.output(length).subarray(0, length);
  const view = viewOf(result);
  view.setUint32(0, crc32(data));
  view.setUint32(4, data.length);
  result.set(deflated, DEFLATED_AT);
  return result;
}
