/** Many items, a slow consumer, and nothing that grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createPipeline, stage } from '../../lib/pipeline/index.js';
import type * as keyedModule from './modules/keyed.js';
import { moduleUrl } from './pipelines.js';

export interface FlatReport {
  readonly items: number;
  /** The most that the source was ahead of the consumer. */
  readonly lead: number;
  readonly window: number;
  /** Megabytes of the process, sampled along the way. */
  readonly rss: readonly number[];
  /** Megabytes by which the second half of the way was above the first. */
  readonly growth: number;
}

const WINDOW = 256;
const SAMPLES = 40;
const MB = 2 ** 20;

export async function runFlat(items: number): Promise<FlatReport> {
  const module = moduleUrl('keyed');
  const stages = [
    stage<typeof keyedModule.number>({ module, handler: 'number', name: 'first' }),
    stage<typeof keyedModule.number>({
      module,
      handler: 'number',
      name: 'second',
      schedule: 'atomic',
      flow: 'keyOf',
    }),
  ] as const;
  await using pipeline = await createPipeline({ stages, workers: 2, window: WINDOW });
  let pulled = 0;
  let taken = 0;
  let lead = 0;
  const source = (function* () {
    while (pulled < items) {
      lead = Math.max(lead, ++pulled - taken);
      yield pulled;
    }
  })();
  const rss: number[] = [];
  const every = Math.ceil(items / SAMPLES);
  for await (const _ of pipeline.run(source)) {
    taken++;
    if (taken % every !== 0) continue;
    // A consumer that stops: whatever could pile up has the time for it.
    await sleep(20);
    rss.push(Math.round(process.memoryUsage.rss() / MB));
  }
  const middle = rss.length >> 1;
  const growth = Math.max(...rss.slice(middle)) - Math.max(...rss.slice(0, middle));
  return { items: taken, lead, window: WINDOW, rss, growth };
}
