/** The two stages over a log: blocks of lines in, the counts of all clients out. */
import { createPipeline, stage } from '../../lib/index.js';
import { Failure } from '../command/failure.js';
import type { Input } from '../command/input.js';
import { makeProgress } from '../command/progress.js';
import type { Progress } from '../command/progress.js';
import { SHARDS } from './batch.js';
import type { Block, ClientCount } from './batch.js';
import { lineBlocks } from './line-blocks.js';
import type { AccessLogCommand } from './options.js';
import type { count } from './stages/count.js';
import type { parse } from './stages/parse.js';

/** Blocks between the log and the counts. */
const WINDOW = 128;
const SAMPLES = 3;

export interface Analysis {
  /** Who asked most first. */
  readonly clients: readonly ClientCount[];
  readonly lines: number;
  readonly bytes: number;
  readonly broken: number;
  /** The beginnings of some lines that could not be read. */
  readonly samples: readonly string[];
  readonly seconds: number;
}

const STAGES = [
  stage<typeof parse>({
    module: new URL('./stages/parse.js', import.meta.url),
    handler: 'parse',
    schedule: 'ordered',
    // At most one for each shard.
    pieces: SHARDS,
    codec: 'json',
  }),
  stage<typeof count>({
    module: new URL('./stages/count.js', import.meta.url),
    handler: 'count',
    schedule: 'sticky',
    flow: 'shard',
    codec: 'json',
  }),
] as const;

/** @throws Failure unless every line is accounted for. */
export async function analyse(
  input: Input,
  { file, lines, workers, json }: AccessLogCommand,
  signal: AbortSignal,
): Promise<Analysis> {
  await using pipeline = await createPipeline({
    name: 'access-log',
    workers,
    window: WINDOW,
    stages: STAGES,
  });
  const progress = makeProgress(process.stderr, json);
  const startedAt = performance.now();
  if (file === undefined) progress.start('counting', lines, 'lines');
  else progress.start('counting', input.size, 'bytes');
  const log = new CountedLog(input, progress, file === undefined ? 'lines' : 'bytes');
  const clients: ClientCount[] = [];
  const samples: string[] = [];
  let broken = 0;
  try {
    for await (const shard of pipeline.run(log.blocks(), { signal })) {
      clients.push(...shard.clients);
      samples.push(...shard.samples.slice(0, SAMPLES - samples.length));
      broken += shard.broken;
    }
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const missing = log.lines - broken - clients.reduce((sum, { requests }) => sum + requests, 0);
  // Counts die with the thread that has them; that must not go unnoticed.
  if (missing !== 0) throw new Failure(`${missing} of ${log.lines} lines were not counted`);
  return {
    clients: inOrder(clients),
    lines: log.lines,
    bytes: log.bytes,
    broken,
    samples,
    seconds,
  };
}

/** The source, and what went out of it. */
class CountedLog {
  lines = 0;
  bytes = 0;
  readonly #input: Input;
  readonly #progress: Progress;
  readonly #unit: 'lines' | 'bytes';

  constructor(input: Input, progress: Progress, unit: 'lines' | 'bytes') {
    this.#input = input;
    this.#progress = progress;
    this.#unit = unit;
  }

  async *blocks(): AsyncGenerator<Block, void, undefined> {
    for await (const { bytes, lines } of lineBlocks(this.#input)) {
      this.lines += lines;
      this.bytes += bytes.length;
      this.#progress.advance(this.#unit === 'lines' ? lines : bytes.length);
      yield bytes;
    }
    yield 'end';
  }
}

function inOrder(clients: ClientCount[]): ClientCount[] {
  return clients.sort((a, b) => b.requests - a.requests || (a.client < b.client ? -1 : 1));
}
