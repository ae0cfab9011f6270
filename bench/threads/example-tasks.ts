/** The work of the examples, a function an item: for one thread, and as tasks of Piscina. */
import type { StageContext } from '../../lib/index.js';
import { count } from '../../examples/access-log/stages/count.js';
import { parse } from '../../examples/access-log/stages/parse.js';
import type { Batch, Block, ShardCount } from '../../examples/access-log/batch.js';
import { MASTER_KEY_BYTES, deriveAssociations } from '../../examples/ipsec-gateway/associations.js';
import { classify, setup as setUpClassify } from '../../examples/ipsec-gateway/stages/classify.js';
import { seal, setup as setUpSeal } from '../../examples/ipsec-gateway/stages/seal.js';
import { deflate, setup as setUpDeflate } from '../../examples/gzip/stages/deflate.js';

export const LEVEL = 6;
export const LINK_TYPE_ETHERNET = 1;
export const ASSOCIATIONS = deriveAssociations(new Uint8Array(MASTER_KEY_BYTES), 8);

const PLACE = { stage: 'none', worker: 0 };
setUpDeflate({ ...PLACE, context: { level: LEVEL } });
setUpClassify({
  ...PLACE,
  context: { linkType: LINK_TYPE_ETHERNET, associations: ASSOCIATIONS.length },
});
setUpSeal({ ...PLACE, context: { associations: ASSOCIATIONS } });

/** What a handler needs of its context outside a pipeline. */
const CONTEXT: StageContext = {
  ...PLACE,
  flow: 0,
  attempt: 0,
  signal: new AbortController().signal,
  output: (bytes) => new Uint8Array(bytes),
};

export function deflateBlock(block: Uint8Array): Uint8Array {
  return deflate(block, CONTEXT);
}
export function classifyRecord(record: Uint8Array): Uint8Array | undefined {
  return classify(record, CONTEXT);
}
export function sealRecord(record: Uint8Array): Uint8Array {
  return seal(record, CONTEXT);
}
/** The batches of a block. */
export function parseBlock(block: Block): readonly Batch[] {
  const batches = parse(block);
  // `many` hides its list behind a symbol, of which there is one.
  const [list] = Object.getOwnPropertySymbols(batches);
  return (batches as unknown as Record<symbol, readonly Batch[]>)[list!]!;
}
export function countBatch(batch: Batch): ShardCount | undefined {
  return count(batch);
}
