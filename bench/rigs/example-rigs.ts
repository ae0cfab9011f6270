/** The three examples, each as a pipeline, by Piscina behind Readable.map, and on one thread. */
import { Readable } from 'node:stream';
import { Piscina } from 'piscina';
import { createPipeline, stage } from '../../lib/index.js';
import type { Pipeline } from '../../lib/index.js';
import type { Batch, Block, ShardCount } from '../../examples/access-log/batch.js';
import type { count } from '../../examples/access-log/stages/count.js';
import type { parse } from '../../examples/access-log/stages/parse.js';
import { SHARDS } from '../../examples/access-log/batch.js';
import type { deflate } from '../../examples/gzip/stages/deflate.js';
import { associationOf, setSequence } from '../../examples/ipsec-gateway/record.js';
import type { classify } from '../../examples/ipsec-gateway/stages/classify.js';
import type { seal } from '../../examples/ipsec-gateway/stages/seal.js';
import type { sequence } from '../../examples/ipsec-gateway/stages/sequence.js';
import * as tasks from '../threads/example-tasks.js';

/** What comes out, in a number that all ways have to agree upon. */
export interface ExampleWays<In> {
  pipeline(items: readonly In[]): Promise<number>;
  piscina(items: readonly In[]): Promise<number>;
  alone(items: readonly In[]): number | Promise<number>;
}

const TASKS = new URL('../threads/example-tasks.js', import.meta.url);
const EXAMPLES = new URL('../../examples/', import.meta.url);
/** As the example has it. */
const LOG_BYTES = 128 * 1024;
/** Measured for the crypto pool: of 1, 2, 8, 32 and 128 the fastest. */
const TASKS_PER_THREAD = 32;

export function openPiscina(workers: number): Piscina {
  return new Piscina({
    filename: TASKS.href,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: TASKS_PER_THREAD,
    idleTimeout: Infinity,
    recordTiming: false,
  });
}

/** Each item through a task, results in order. */
function mapped<Out>(source: Readable, pool: Piscina, name: string): AsyncIterable<Out> & Readable {
  const run = (item: unknown): Promise<Out> => pool.run(item, { name }) as Promise<Out>;
  return source.map(run, { concurrency: 2 * TASKS_PER_THREAD }) as never;
}

export class GzipWays implements ExampleWays<Uint8Array> {
  readonly #pipeline: Pipeline<Uint8Array, Uint8Array>;
  readonly #pool: Piscina;

  private constructor(pipeline: Pipeline<Uint8Array, Uint8Array>, pool: Piscina) {
    this.#pipeline = pipeline;
    this.#pool = pool;
  }

  static async open(workers: number, pool: Piscina, bytes: number): Promise<GzipWays> {
    const one = stage<typeof deflate>({
      module: new URL('gzip/stages/deflate.js', EXAMPLES),
      handler: 'deflate',
      schedule: 'ordered',
      context: { level: tasks.LEVEL },
    });
    const pipeline = await createPipeline({ stages: [one], workers, bytes, window: 4 * workers });
    return new GzipWays(pipeline, pool);
  }

  async pipeline(items: readonly Uint8Array[]): Promise<number> {
    let bytes = 0;
    for await (const result of this.#pipeline.run(items)) bytes += result.length;
    return bytes;
  }

  async piscina(items: readonly Uint8Array[]): Promise<number> {
    let bytes = 0;
    const results = mapped<Uint8Array>(Readable.from(items), this.#pool, 'deflateBlock');
    for await (const result of results) bytes += result.length;
    return bytes;
  }

  alone(items: readonly Uint8Array[]): number {
    return items.reduce((bytes, item) => bytes + tasks.deflateBlock(item).length, 0);
  }

  close(): Promise<void> {
    return this.#pipeline.close();
  }
}

export class GatewayWays implements ExampleWays<Uint8Array> {
  readonly #pipeline: Pipeline<Uint8Array, Uint8Array>;
  readonly #pool: Piscina;
  #numbers = new Uint32Array(tasks.ASSOCIATIONS.length);

  private constructor(pipeline: Pipeline<Uint8Array, Uint8Array>, pool: Piscina) {
    this.#pipeline = pipeline;
    this.#pool = pool;
  }

  static async open(workers: number, pool: Piscina): Promise<GatewayWays> {
    const { length } = tasks.ASSOCIATIONS;
    const counters = new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT);
    const stages = [
      stage<typeof classify>({
        module: new URL('ipsec-gateway/stages/classify.js', EXAMPLES),
        handler: 'classify',
        schedule: 'ordered',
        context: { linkType: tasks.LINK_TYPE_ETHERNET, associations: length },
      }),
      stage<typeof sequence>({
        module: new URL('ipsec-gateway/stages/sequence.js', EXAMPLES),
        handler: 'sequence',
        schedule: 'atomic',
        flow: 'association',
        context: { counters },
      }),
      stage<typeof seal>({
        module: new URL('ipsec-gateway/stages/seal.js', EXAMPLES),
        handler: 'seal',
        schedule: 'ordered',
        context: { associations: tasks.ASSOCIATIONS },
      }),
    ] as const;
    return new GatewayWays(await createPipeline({ stages, workers }), pool);
  }

  async pipeline(items: readonly Uint8Array[]): Promise<number> {
    let bytes = 0;
    for await (const result of this.#pipeline.run(items)) bytes += result.length;
    return bytes;
  }

  /** The numbers are given between two tasks, on the main thread, where the order is. */
  async piscina(items: readonly Uint8Array[]): Promise<number> {
    let bytes = 0;
    const known = mapped<Uint8Array | null>(Readable.from(items), this.#pool, 'classifyRecord');
    const numbered = known
      .filter((record) => record !== null && record !== undefined)
      .map((record: Uint8Array) => this.#number(record));
    const sealed = mapped<Uint8Array>(numbered, this.#pool, 'sealRecord');
    for await (const result of sealed) bytes += result.length;
    return bytes;
  }

  alone(items: readonly Uint8Array[]): number {
    let bytes = 0;
    for (const item of items) {
      const record = tasks.classifyRecord(item);
      if (record !== undefined) bytes += tasks.sealRecord(this.#number(record)).length;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#pipeline.close();
  }

  #number(record: Uint8Array): Uint8Array {
    setSequence(record, ++this.#numbers[associationOf(record)]!);
    return record;
  }
}

export class LogWays implements ExampleWays<Block> {
  readonly #pipeline: Pipeline<Block, ShardCount>;
  readonly #pool: Piscina;

  private constructor(pipeline: Pipeline<Block, ShardCount>, pool: Piscina) {
    this.#pipeline = pipeline;
    this.#pool = pool;
  }

  static async open(workers: number, pool: Piscina): Promise<LogWays> {
    const stages = [
      stage<typeof parse>({
        module: new URL('access-log/stages/parse.js', EXAMPLES),
        handler: 'parse',
        schedule: 'ordered',
        pieces: SHARDS,
      }),
      stage<typeof count>({
        module: new URL('access-log/stages/count.js', EXAMPLES),
        handler: 'count',
        schedule: 'sticky',
        flow: 'shard',
      }),
    ] as const;
    return new LogWays(
      await createPipeline({ stages, workers, window: 128, bytes: LOG_BYTES }),
      pool,
    );
  }

  async pipeline(items: readonly Block[]): Promise<number> {
    let requests = 0;
    for await (const result of this.#pipeline.run(items)) requests += requestsIn(result);
    return requests;
  }

  /** Tasks parse; what is per client is counted on the main thread. */
  async piscina(items: readonly Block[]): Promise<number> {
    let requests = 0;
    const parsed = mapped<Batch[]>(Readable.from(items), this.#pool, 'parseBlock');
    for await (const batches of parsed) {
      for (const batch of batches) requests += requestsIn(tasks.countBatch(batch));
    }
    return requests;
  }

  alone(items: readonly Block[]): number {
    let requests = 0;
    for (const item of items) {
      for (const batch of tasks.parseBlock(item)) requests += requestsIn(tasks.countBatch(batch));
    }
    return requests;
  }

  close(): Promise<void> {
    return this.#pipeline.close();
  }
}

function requestsIn(shard: ShardCount | undefined): number {
  return shard?.clients.reduce((sum, client) => sum + client.requests, shard.broken) ?? 0;
}
