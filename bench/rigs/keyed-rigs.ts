/** Ways to have items worked on per key: a pipeline, Piscina behind a promise chain per key, and alone. */
import { Piscina } from 'piscina';
import { createPipeline, stage } from '../../lib/index.js';
import type { Pipeline, StageOptions } from '../../lib/index.js';

/** Calls a handler with an item whose key is known; resolves to its result. */
export type Work<In, Out> = (item: In, key: number) => Promise<Out>;

export const STAGES = new URL('../threads/pipeline-stages.js', import.meta.url);
/** Measured for the crypto pool: of 1, 2, 8, 32 and 128 the fastest. */
const TASKS_PER_THREAD = 32;

/** One stage, items of a key one after another. */
export class PipelineRig<In, Out> {
  readonly pipeline: Pipeline<In, Out>;

  private constructor(pipeline: Pipeline<In, Out>) {
    this.pipeline = pipeline;
  }

  static async open<In, Out>(
    workers: number,
    options: Omit<StageOptions<(item: In) => Out | Promise<Out>>, 'module'>,
  ): Promise<PipelineRig<In, Out>> {
    const one = stage<(item: In) => Out | Promise<Out>>({ module: STAGES, ...options });
    const pipeline = await createPipeline({ stages: [one], workers });
    return new PipelineRig(pipeline as Pipeline<In, Out>);
  }

  close(): Promise<void> {
    return this.pipeline.close();
  }
}

/** A task an item. */
export class PiscinaRig {
  readonly #pool: Piscina;

  /** `tasksPerThread`: the fastest there is, if left out; 1 is how Piscina comes. */
  constructor(workers: number, tasksPerThread = TASKS_PER_THREAD) {
    this.#pool = new Piscina({
      filename: STAGES.href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: tasksPerThread,
      idleTimeout: Infinity,
      recordTiming: false,
    });
  }

  run<Out>(name: string, item: unknown): Promise<Out> {
    return this.#pool.run(item, { name }) as Promise<Out>;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Starts the items of a key one after another, as people do by hand. */
export class KeyChains {
  readonly #last = new Map<number, Promise<unknown>>();

  add<Out>(key: number, start: () => Promise<Out>): Promise<Out> {
    const next = (this.#last.get(key) ?? Promise.resolve()).then(start, start);
    this.#last.set(key, next);
    return next;
  }
}

/** Calls `start` for 0 .. count - 1, at most `window` at a time; resolves when all have settled. */
export async function inWindow(
  count: number,
  window: number,
  start: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await start(next++);
  };
  await Promise.all(Array.from({ length: Math.min(window, count) }, lane));
}
