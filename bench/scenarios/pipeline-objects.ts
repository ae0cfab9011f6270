/** What a small object costs on its way through a pipeline and back, beside JSON on one thread. */
import { versions } from '../before.js';
import type { Version } from '../before.js';
import { CpuMeter } from '../cpu.js';
import type { Codec, Pipeline } from '../../lib/index.js';
import { STAGES } from '../rigs/keyed-rigs.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Goal, Outcome, Row, Run, Scenario } from '../scenario.js';
import type { Sale } from '../threads/pipeline-stages.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
const ITEMS = 300_000;
const KEYS = 1000;
const ALONE = 'JSON twice, one thread';
const ONE = 'one stage';
const PER_KEY = 'two stages, the second per key';
/** CPU by that of JSON twice; items per second by those of another version. */
const ONE_GOAL = 1;
const PER_KEY_GOAL = 2.2;
const FASTER_GOAL = 4;

export const pipelineObjects: Scenario = {
  name: 'pipeline-objects',
  topology: 'main ──▶ [stage] (──▶ [sticky]) ──▶ W1,W2 ──▶ main   small objects',
  about:
    'createPipeline with 2 workers: objects of five fields, which handlers hand on; one stage, with the codec it has and ' +
    "with 'json', and two stages, the second sticky, of 1000 keys, each key in order. Beside it JSON " +
    'text made and read twice, on one thread: what their way there and back needs at least. CPU time is that of the process.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const cpu = new CpuMeter();
      const contestants = [cpu.of({ name: ALONE, events: ITEMS, run: playAlone })];
      const all = await versions(settings.before);
      const add = async (name: string, opening: Promise<Pipeline<Sale, Sale>>): Promise<void> => {
        const pipeline = await open(opening);
        const run = (count: number): Promise<Run> => playThrough(pipeline, count);
        contestants.push(cpu.of(contestantOf(name, run)));
      };
      for (const version of all) {
        await add(`${ONE}${version.suffix}`, openOne(version, 'auto'));
        await add(`${ONE}, codec 'json'${version.suffix}`, openOne(version, 'json'));
        await add(`${PER_KEY}${version.suffix}`, openPerKey(version));
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const goals = goalsOf(cpu, rows, all.length > 1);
      return { rows, readings: cpu.readings, goals };
    }),
};

function contestantOf(name: string, run: Contestant['run']): Contestant {
  const own = name.replace(/, before$/, '');
  if (name === own) return { name, events: ITEMS, run };
  return { name, events: ITEMS, against: { name: own, label: 'this one' }, run };
}

function openOne(version: Version, codec: Codec): Promise<Pipeline<Sale, Sale>> {
  const pass = version.stage<(sale: Sale) => Sale>({ module: STAGES, handler: 'pass', codec });
  return version.createPipeline({ stages: [pass], workers: WORKERS, codec });
}

function openPerKey(version: Version): Promise<Pipeline<Sale, Sale>> {
  type Pass = (sale: Sale) => Sale;
  // The order of a key's items is that in which they leave the first stage.
  const pass = version.stage<Pass>({ module: STAGES, handler: 'pass', schedule: 'ordered' });
  const perKey = version.stage<Pass>({
    module: STAGES,
    handler: 'passInOrder',
    schedule: 'sticky',
    flow: 'shopOf',
  });
  return version.createPipeline({ stages: [pass, perKey], workers: WORKERS });
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
      shop: `shop ${n % KEYS}`,
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

function goalsOf(cpu: CpuMeter, rows: readonly Row[], hasBefore: boolean): Goal[] {
  const [one, perKey] = [cpu.ratio(ONE, ALONE), cpu.ratio(PER_KEY, ALONE)];
  const goals = [
    {
      text: `one stage: ${one.toFixed(2)} x the CPU of JSON, at most ${ONE_GOAL}`,
      met: one <= ONE_GOAL,
    },
    {
      text: `two stages: ${perKey.toFixed(2)} x the CPU of JSON, at most ${PER_KEY_GOAL}`,
      met: perKey <= PER_KEY_GOAL,
    },
  ];
  if (!hasBefore) return goals;
  const { ratio } = rows.find(({ name }) => name === `${PER_KEY}, before`)!;
  const text = `two stages: ${ratio.toFixed(1)} x as fast as before, at least ${FASTER_GOAL}`;
  return [...goals, { text, met: ratio >= FASTER_GOAL }];
}
