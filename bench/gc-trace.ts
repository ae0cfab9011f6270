/** Reads what `node --trace-gc` printed, with the marks of children/garbage.ts between V8's lines. */
import type { Mark } from './children/garbage.js';

export interface GarbageReport {
  /** Collections before the steady state: start-up and warm-up. */
  readonly collectionsBefore: number;
  /** Collections while the measured events went through. */
  readonly collections: number;
  /** Bytes that were allocated meanwhile. */
  readonly bytes: number;
  readonly problems: readonly string[];
}

// "[1:0x2]   43 ms: Scavenge 4.3 (4.5) -> 3.8 (5.5) MB, …": the sizes are those of live and dead objects.
const COLLECTION =
  /\bms: (?:Scavenge|Minor|Mark-)[^\d]*(?<before>[\d.]+) \([\d.]+\) -> (?<after>[\d.]+)/;
const BYTES_PER_MB = 1024 * 1024;

export function readTrace(output: string): GarbageReport {
  let collectionsBefore = 0;
  let collections = 0;
  let bytes = 0;
  /** The heap when it was last known, in the steady state; undefined before that. */
  let heap: number | undefined;
  for (const line of output.split('\n')) {
    const mark = readMark(line);
    const sizes = COLLECTION.exec(line)?.groups;
    if (mark !== undefined) {
      if (mark.problems.length > 0) return failed(mark.problems);
      if (heap !== undefined) {
        bytes += mark.heapUsed - heap;
        // V8 also frees without a line, code for one: then the heap is smaller than it was.
        return { collectionsBefore, collections, bytes: Math.max(0, bytes), problems: [] };
      }
      heap = mark.heapUsed;
    } else if (sizes !== undefined) {
      if (heap === undefined) {
        collectionsBefore++;
        continue;
      }
      collections++;
      bytes += Number(sizes['before']) * BYTES_PER_MB - heap;
      heap = Number(sizes['after']) * BYTES_PER_MB;
    }
  }
  return failed(['the child ended early']);
}

function failed(problems: readonly string[]): GarbageReport {
  return { collectionsBefore: 0, collections: 0, bytes: 0, problems };
}

function readMark(line: string): Mark | undefined {
  return line.startsWith('{"mark"') ? (JSON.parse(line) as Mark) : undefined;
}
