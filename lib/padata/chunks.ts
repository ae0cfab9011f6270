/** How a range is cut: the rules of the kernel's `padata_do_multithreaded`. */
import { checkOptions, invalid } from '../crew/checks.js';
import type { RangeOptions } from './contract.js';

/** Chunks per thread: enough that one that is slow does not hold up the others for long. */
const BALANCE = 4;

const OPTIONS = new Set(['start', 'size', 'minChunk', 'align', 'maxThreads', 'signal']);

export interface RangePlan {
  readonly start: number;
  readonly end: number;
  readonly threads: number;
  readonly chunk: number;
}

/** @throws DlbError ERR_DLB_INVALID_ARGUMENT, naming the field and its value. */
export function planRange(options: RangeOptions, threadsDefault: number): RangePlan {
  checkOptions(options, OPTIONS);
  const start = count('start', options.start ?? 0, 0);
  const size = count('size', options.size, 0);
  const minChunk = count('minChunk', options.minChunk ?? 1, 1);
  const align = count('align', options.align ?? 1, 1);
  const maxThreads = count('maxThreads', options.maxThreads ?? threadsDefault, 1);
  const end = count('start + size', start + size, 0);
  const threads = Math.min(Math.max(Math.floor(size / minChunk), 1), maxThreads);
  if (threads === 1) return { start, end, threads, chunk: Math.max(size, 1) };
  const least = Math.max(Math.floor(size / (threads * BALANCE)), minChunk);
  return { start, end, threads, chunk: Math.ceil(least / align) * align };
}

function count(field: string, value: unknown, min: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw invalid('a whole number is needed', field, value, { min });
}
