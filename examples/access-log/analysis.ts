/** The two stages over a log: blocks of lines in, the counts of all clients out. */
import { createPipeline, stage } from '../../lib/index.js';
import { Failure, tellNote } from '../command/failure.js';
import type { Input } from '../command/input.js';
import type { Progress } from '../command/progress.js';
import { SHARDS } from './batch.js';
import type { Block, ClientCount } from './batch.js';
import { LINE_BYTES_MAX, lineBlocks } from './line-blocks.js';
import { LogReader } from './log-reader.js';
import type { AccessLogCommand } from './options.js';
import type { count } from './stages/count.js';
import type { parse } from './stages/parse.js';

/** Blocks between the log and the counts. */
const WINDOW = 128;
/** For blocks of 64 KB, which may be longer by a line; what is longer still gets memory of its own. */
const ITEM_BYTES = 128 * 1024;
const SAMPLES = 3;
const EXAMPLE = '192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 2326';

export interface Analysis {
  /** Who asked most first. */
  readonly clients: readonly ClientCount[];
  readonly lines: number;
  readonly bytes: number;
  readonly broken: number;
  /** The beginnings of some lines that could not be read. */
  readonly samples: readonly string[];
  /** Why no line at all could be read; undefined where one could, or there was none. */
  readonly nothing: string | undefined;
  /** What is wrong behind the last line that was counted, if anything is. */
  readonly damage: string | undefined;
  readonly seconds: number;
}

const STAGES = [
  stage<typeof parse>({
    module: new URL('./stages/parse.js', import.meta.url),
    handler: 'parse',
    schedule: 'ordered',
    // At most one for each shard.
    pieces: SHARDS,
  }),
  stage<typeof count>({
    module: new URL('./stages/count.js', import.meta.url),
    handler: 'count',
    schedule: 'sticky',
    flow: 'shard',
  }),
] as const;

/** @throws Failure unless every line is accounted for. */
export async function analyse(
  input: Input,
  { file, lines, workers }: AccessLogCommand,
  progress: Progress,
  signal: AbortSignal,
): Promise<Analysis> {
  await using pipeline = await createPipeline({
    name: 'access-log',
    workers,
    window: WINDOW,
    bytes: ITEM_BYTES,
    stages: STAGES,
  });
  const startedAt = performance.now();
  if (file === undefined) progress.start('counting', lines, 'lines');
  else progress.start('counting', input.size, 'bytes');
  const log = new CountedLog(file, input, progress);
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
    nothing: clients.length === 0 ? log.whyNothing() : undefined,
    damage: log.damage,
    seconds,
  };
}

/** The source, and what went out of it. */
class CountedLog {
  lines = 0;
  #tooLong = 0;
  readonly #reader: LogReader;
  readonly #onLines: (lines: number) => void;

  /** @param file undefined: a generated log, of which the lines are the measure. */
  constructor(file: string | undefined, input: Input, progress: Progress) {
    const advance = progress.advance.bind(progress);
    const onRead = file === undefined ? undefined : advance;
    this.#reader = new LogReader(file ?? 'the log', input, tellNote, onRead);
    this.#onLines = file === undefined ? advance : () => {};
  }

  async *blocks(): AsyncGenerator<Block, void, undefined> {
    for await (const { bytes, lines, isTooLong } of lineBlocks(this.#reader.pieces())) {
      this.lines += lines;
      if (isTooLong === true) this.#tooLong++;
      this.#onLines(lines);
      yield bytes;
    }
    yield 'end';
  }

  get bytes(): number {
    return this.#reader.bytes;
  }

  get damage(): string | undefined {
    return this.#reader.damage;
  }

  /** Asked when no line could be read: a hint, unless the log is empty. */
  whyNothing(): string | undefined {
    if (this.bytes === 0) return undefined;
    if (this.lines > 0 && this.#tooLong === this.lines) {
      return `a line is longer than ${LINE_BYTES_MAX} bytes`;
    }
    return `no line of it could be read: one should look like ${EXAMPLE} (see --help)`;
  }
}

function inOrder(clients: ClientCount[]): ClientCount[] {
  return clients.sort((a, b) => b.requests - a.requests || (a.client < b.client ? -1 : 1));
}
