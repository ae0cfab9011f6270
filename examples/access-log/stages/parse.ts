/**
 * Stage 1, ordered: lines become requests, sorted by shard. Blocks are parsed on all workers at once
 * and leave in the order of the log, so that each client's requests reach stage 2 in theirs.
 */
import { many } from '../../../lib/index.js';
import type { Many } from '../../../lib/index.js';
import { emptyBatch, SHARDS } from '../batch.js';
import type { Batch, Block } from '../batch.js';
import { parseLine, withoutFill } from '../log-line.js';

const SAMPLES_PER_BLOCK = 3;
const SAMPLE_CHARACTERS = 80;

export function parse(block: Block): Many<Batch> {
  if (block === 'end') {
    return many(Array.from({ length: SHARDS }, (_, shard) => emptyBatch(shard, true)));
  }
  const batches = Array.from({ length: SHARDS }, (_, shard) => emptyBatch(shard));
  for (const line of linesOf(block)) {
    const parsed = parseLine(line);
    if (parsed === undefined) noteBroken(batches[0]!, line);
    else {
      const { requests } = batches[shardOf(parsed.client)]!;
      requests.clients.push(parsed.client);
      requests.seconds.push(parsed.seconds);
      requests.statuses.push(parsed.status);
      requests.bytes.push(parsed.bytes);
    }
  }
  return many(batches.filter(({ requests, broken }) => requests.clients.length > 0 || broken > 0));
}

/** Byte by byte: a log may hold anything, and what matters in it is ASCII. */
function linesOf(block: Uint8Array): string[] {
  const text = Buffer.from(block.buffer, block.byteOffset, block.length).toString('latin1');
  const lines = text.split('\n');
  // Behind the last line's end there is nothing.
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => withoutFill(line.endsWith('\r') ? line.slice(0, -1) : line));
}

function noteBroken(batch: Batch, line: string): void {
  batch.broken++;
  if (batch.samples.length < SAMPLES_PER_BLOCK)
    batch.samples.push(line.slice(0, SAMPLE_CHARACTERS));
}

/** FNV-1a. */
function shardOf(client: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < client.length; i++) {
    hash = Math.imul(hash ^ client.charCodeAt(i), 0x0100_0193);
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARDS;
}
