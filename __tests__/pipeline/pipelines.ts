/** Pipelines for tests: opened with modules of this folder, closed whatever happens. */
import { createPipeline } from '../../lib/pipeline/index.js';
import type {
  Pipeline,
  PipelineInput,
  PipelineOutput,
  RetryPolicy,
} from '../../lib/pipeline/index.js';
import type { Chained, PipelineSpec, StageList } from '../../lib/pipeline/contract.js';

export function moduleUrl(name: string): URL {
  return new URL(`./modules/${name}.js`, import.meta.url);
}

/** Two workers unless the specification says otherwise. */
export async function withPipeline<const S extends StageList, T>(
  spec: PipelineSpec<S> & { stages: Chained<S> },
  use: (pipeline: Pipeline<PipelineInput<S>, PipelineOutput<S>>) => Promise<T>,
): Promise<T> {
  const pipeline = await createPipeline<S>({ workers: 2, onCrash: () => {}, ...spec });
  try {
    return await use(pipeline);
  } finally {
    await pipeline.close({ timeoutMs: 10_000 });
  }
}

export async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** 0 to below `count`. */
export function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number++) yield number;
}

export function inNumericOrder(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** Something that a callback opens and a test waits for. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Lets everything that is ready on this thread have its turn. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Tries without delay, and what comes of it when all have failed. */
export function retrying(retries: number, then: RetryPolicy['then'] & string): RetryPolicy {
  // oxlint-disable-next-line unicorn/no-thenable -- the name of the option.
  return { retries, delayMs: 0, then };
}
