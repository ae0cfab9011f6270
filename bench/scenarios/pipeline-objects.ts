/** What a small object costs on its way through a pipeline and back, by codec, beside JSON on one thread. */
import { createPipeline, stage } from '../../lib/index.js';
import type { Codec, Pipeline } from '../../lib/index.js';
import { STAGES } from '../rigs/keyed-rigs.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Outcome, Run, Scenario } from '../scenario.js';
import type { Sale } from '../threads/pipeline-stages.js';
import { measureInTurns, middle } from '../turns.js';

const WORKERS = 2;
const ITEMS = 100_000;
const CODECS: readonly Codec[] = ['json', 'auto'];

export const pipelineObjects: Scenario = {
  name: 'pipeline-objects',
  topology: 'main ──▶ [stage] ──▶ W1,W2 ──▶ main   small objects, by codec',
  about:
    'createPipeline with one stage and 2 workers: objects of five fields, which the handler hands on. Beside it JSON ' +
    'text made and read twice, on one thread: what their way there and back needs at least. CPU time is that of the process.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const micros = new Map<string, number[]>();
      const timed = (name: string, work: (count: number) => Promise<Run> | Run): Contestant => ({
        name,
        events: ITEMS,
        run: async (count) => {
          const before = process.cpuUsage();
          const run = await work(count);
          const { user, system } = process.cpuUsage(before);
          micros.set(name, [...(micros.get(name) ?? []), (user + system) / count]);
          return run;
        },
      });
      const contestants = [timed('JSON twice, one thread', playAlone)];
      for (const codec of CODECS) {
        const pipeline = await open(openPipeline(codec));
        contestants.push(
          timed(`pipeline, codec '${codec}'`, (count) => playThrough(pipeline, count)),
        );
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const readings = [...micros].map(([name, [, ...runs]]) => ({
        name: `${name}: CPU`,
        value: middle(runs),
        unit: 'µs/item',
      }));
      return { rows, readings, goals: [] };
    }),
};

function openPipeline(codec: Codec): Promise<Pipeline<Sale, Sale>> {
  const pass = stage<(sale: Sale) => Sale>({ module: STAGES, handler: 'pass', codec });
  return createPipeline({ stages: [pass], workers: WORKERS, codec });
}

async function playThrough(pipeline: Pipeline<Sale, Sale>, count: number): Promise<Run> {
  let sum = 0;
  const startedAt = performance.now();
  for await (const { cents } of pipeline.run(sales(count))) sum += cents;
  return finish(startedAt, sum, count);
}

function playAlone(count: number): Run {
  let sum = 0;
  const startedAt = performance.now();
  for (const sale of sales(count)) sum += copyOf(copyOf(sale)).cents;
  return finish(startedAt, sum, count);
}

function copyOf(sale: Sale): Sale {
  // oxlint-disable-next-line unicorn/prefer-structured-clone -- JSON is what is measured.
  return JSON.parse(JSON.stringify(sale)) as Sale;
}

function* sales(count: number): Generator<Sale> {
  for (let n = 0; n < count; n++) {
    yield {
      shop: `shop ${n % 100}`,
      cents: n,
      n,
      item: 'coffee, ground',
      at: '2026-11-30T12:00:00Z',
    };
  }
}

function finish(startedAt: number, sum: number, count: number): Run {
  const ms = performance.now() - startedAt;
  const expected = (count * (count - 1)) / 2;
  return { ms, problems: sum === expected ? [] : [`sum=${sum}, expected=${expected}`] };
}
