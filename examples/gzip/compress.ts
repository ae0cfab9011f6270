/** Blocks in, one gzip stream out. */
import { createHash } from 'node:crypto';
import { createPipeline, stage } from '../../lib/index.js';
import type { Input } from '../command/input.js';
import type { OutputTarget } from '../command/output.js';
import { makeProgress } from '../command/progress.js';
import { DICTIONARY_BYTES, makeBlock, readDeflated } from './block.js';
import { GzipStream } from './gzip-stream.js';
import type { GzipCommand } from './options.js';
import type { deflate, DeflateContext } from './stages/deflate.js';

/** Blocks in flight: enough to keep threads busy, few enough that memory stays bounded. */
const BLOCKS_PER_WORKER = 4;
const FLIGHT_BYTES_MAX = 256 << 20;
/** What a pipeline has room for in one piece; a larger item is passed on by message. */
const ROOM_MAX = 1024 * 1024;
/** Beside dictionary and block; what cannot be compressed grows by a few bytes, too. */
const OVERHEAD_BYTES = 1024;

export interface Compression {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly seconds: number;
  /** Sha256 of what went in; undefined when nobody will ask. */
  readonly digest: string | undefined;
}

export async function compress(
  input: Input,
  output: OutputTarget,
  { block, level, workers, json, check }: GzipCommand,
  signal: AbortSignal,
): Promise<Compression> {
  await using pipeline = await createPipeline({
    name: 'gzip',
    workers,
    window: blocksInFlight(block, workers),
    bytes: Math.min(ROOM_MAX, DICTIONARY_BYTES + block + OVERHEAD_BYTES),
    stages: [
      stage<typeof deflate>({
        module: new URL('./stages/deflate.js', import.meta.url),
        handler: 'deflate',
        schedule: 'ordered',
        context: { level } satisfies DeflateContext,
      }),
    ],
  });
  const hash = check ? createHash('sha256') : undefined;
  const progress = makeProgress(process.stderr, json || output.stream === process.stderr);
  const stream = new GzipStream(output);
  const startedAt = performance.now();
  progress.start('compressing', input.size, 'bytes');
  try {
    await stream.begin();
    const blocks = blocksOf(input, block, (data) => hash?.update(data));
    for await (const result of pipeline.run(blocks, { signal })) {
      const deflated = readDeflated(result);
      await stream.append(deflated);
      progress.advance(deflated.length);
    }
    await stream.end();
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { bytesIn, bytesOut } = stream;
  return { bytesIn, bytesOut, seconds, digest: hash?.digest('hex') };
}

/** Each block with the end of the one before it. */
async function* blocksOf(
  input: Input,
  size: number,
  see: (data: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(size);
  let dictionary: Uint8Array = new Uint8Array(0);
  for (;;) {
    const length = await input.read(buffer);
    if (length === 0) return;
    const data = buffer.subarray(0, length);
    see(data);
    // A copy of both, so the buffer is free for the next.
    yield makeBlock(dictionary, data);
    dictionary = joinedEnd(dictionary, data);
  }
}

/** The last bytes of both, as many as a block may refer back to. */
function joinedEnd(before: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.length >= DICTIONARY_BYTES) return data.slice(-DICTIONARY_BYTES);
  return Buffer.concat([before, data]).subarray(-DICTIONARY_BYTES);
}

function blocksInFlight(block: number, workers: number): number {
  const affordable = Math.floor(FLIGHT_BYTES_MAX / block);
  return Math.max(2, Math.min(workers * BLOCKS_PER_WORKER, affordable));
}
