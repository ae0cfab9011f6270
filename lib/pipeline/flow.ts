/** Keys to flow ids: 20 bits that scatter well, since neighbours in a flow table exclude each other. */
import { disregard } from '../crew/awaitable.js';
import { invalid } from '../crew/checks.js';
import { FLOWS_MAX } from '../eventdev/limits.js';
import type { FlowKey } from './contract.js';

const FLOW_MASK = FLOWS_MAX - 1;
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
const WORD_RANGE = 2 ** 32;

/**
 * FNV-1a over the UTF-16 units of a string, or over the number, then a finaliser (MurmurHash3's) so
 * that all of the key reaches the low bits.
 * @throws DlbError ERR_DLB_INVALID_ARGUMENT for what is no key.
 */
export function flowOf(key: FlowKey): number {
  if (typeof key === 'string') return scatter(hashText(key));
  if (typeof key === 'number') {
    if (Number.isSafeInteger(key))
      return scatter(key ^ Math.imul(Math.floor(key / WORD_RANGE), FNV_PRIME));
    return scatter(hashText(String(key)));
  }
  if (typeof key === 'bigint') return scatter(hashText(key.toString()));
  disregard(key);
  throw invalid('a flow key is a string, a number or a bigint', 'flow', key);
}

function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash;
}

function scatter(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) & FLOW_MASK;
}
