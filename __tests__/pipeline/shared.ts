/** A pipeline that the tests of a file share: to open one takes longer than most of what they do. */
import { afterAll } from '@jest/globals';
import { createPipeline } from '../../lib/pipeline/index.js';
import type { Pipeline, PipelineInput, PipelineOutput } from '../../lib/pipeline/index.js';
import type { Chained, PipelineSpec, StageList } from '../../lib/pipeline/contract.js';

/** Opened when it is used first, closed after the last test. */
export function shared<const S extends StageList>(spec: PipelineSpec<S> & { stages: Chained<S> }) {
  type Shared = Pipeline<PipelineInput<S>, PipelineOutput<S>>;
  let opening: Promise<Shared> | undefined;
  afterAll(async () => {
    await (await opening)?.close({ timeoutMs: 10_000 });
  });
  return async <T>(use: (pipeline: Shared) => Promise<T>): Promise<T> => {
    opening ??= createPipeline<S>({ workers: 2, ...spec });
    return use(await opening);
  };
}
