/** NDJSON: parsed, enriched, added up per shop, in the order of the file, beside a readline loop. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline as connect } from 'node:stream/promises';
import { createPipeline, records, stage } from '../../lib/index.js';
import type { Pipeline } from '../../lib/index.js';
import { CpuMeter } from '../cpu.js';
import { STAGES } from '../rigs/keyed-rigs.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Goal, Outcome, Row, Run, Scenario } from '../scenario.js';
import { enrich, enrichHard, total } from '../threads/pipeline-stages.js';
import type { Enriched, Line } from '../threads/pipeline-stages.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
/** 200 MB. */
const LINES = 290_000;
const SHOPS = 1000;
const NOTE = 'x'.repeat(600);
/** Lines that are written together. */
const BATCH = 1000;
const WORK = { light: enrich, heavy: enrichHard };
type Kind = keyof typeof WORK;
const KINDS: readonly Kind[] = ['light', 'heavy'];
/** Lines per second by those of the loop. */
const FASTER_GOAL = { light: 1, heavy: 1.5 };
/** CPU by that of the loop. */
const CPU_GOAL = 1.5;

export const pipelineLines: Scenario = {
  name: 'pipeline-lines',
  topology: 'file ──▶ [ordered: parse, enrich] ──▶ [sticky: total] ──▶ main   NDJSON',
  about:
    'A file of 290 000 lines, 200 MB, of 1000 shops: parsed, enriched, added up per shop, results in the order of the file; ' +
    'heavy: with 8 SHA-256 of 600 bytes a line. By records() and a pipeline with 2 workers, and by a loop over readline ' +
    'with the same functions.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const folder = mkdtempSync(join(tmpdir(), 'softdlb-lines-'));
      await open({
        close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
      });
      const count = Math.min(LINES, settings.events ?? LINES);
      const file = join(folder, 'sales.ndjson');
      await connect(Readable.from(batches(count)), createWriteStream(file));
      const cpu = new CpuMeter();
      const contestants: Contestant[] = [];
      for (const kind of KINDS) {
        const pipeline = await open(openPipeline(kind));
        const against = { name: nameOf(kind, 'pipeline'), label: 'pipeline' };
        const through = (): Promise<Run> => time(count, (see) => playThrough(pipeline, file, see));
        const loop = (): Promise<Run> => time(count, (see) => playLoop(kind, file, see));
        contestants.push(
          cpu.of({ name: against.name, events: count, run: through }),
          cpu.of({ name: nameOf(kind, 'readline'), events: count, against, run: loop }),
        );
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const goals = KINDS.flatMap((kind) => goalsOf(kind, cpu, rows));
      return { rows, readings: cpu.readings, goals };
    }),
};

function nameOf(kind: Kind, by: string): string {
  return `${kind}: ${by}`;
}

function* batches(count: number): Generator<string> {
  for (let from = 0; from < count; from += BATCH) {
    let text = '';
    for (let n = from; n < Math.min(from + BATCH, count); n++) {
      const line: Line = {
        shop: `shop ${n % SHOPS}`,
        cents: n,
        n,
        item: `item ${n % 100}`,
        at: '2026-11-30T12:00:00Z',
        note: NOTE,
      };
      text += `${JSON.stringify(line)}\n`;
    }
    yield text;
  }
}

function openPipeline(kind: Kind): Promise<Pipeline<Line, number>> {
  const first = stage<(line: Line) => Enriched>({
    module: STAGES,
    handler: WORK[kind].name,
    schedule: 'ordered',
  });
  const second = stage<typeof total>({
    module: STAGES,
    handler: 'total',
    schedule: 'sticky',
    flow: 'shopOf',
  });
  return createPipeline({ stages: [first, second], workers: WORKERS });
}

type Play = (see: (sum: number) => void) => Promise<void>;

async function playThrough(
  pipeline: Pipeline<Line, number>,
  file: string,
  see: (sum: number) => void,
): Promise<void> {
  for await (const sum of pipeline.run(records<Line>(createReadStream(file)))) see(sum);
}

async function playLoop(kind: Kind, file: string, see: (sum: number) => void): Promise<void> {
  const work = WORK[kind];
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of lines) see(total(work(JSON.parse(line) as Line)));
}

/** Checks each result: what the shops have sold so far, in the order of the file. */
async function time(count: number, play: Play): Promise<Run> {
  let seen = 0;
  let wrong = 0;
  const startedAt = performance.now();
  await play((sum) => {
    if (sum !== totalAt(seen++)) wrong++;
  });
  const ms = performance.now() - startedAt;
  const isGood = seen === count && wrong === 0;
  return { ms, problems: isGood ? [] : [`seen=${seen}, expected=${count}, wrong=${wrong}`] };
}

/** Of line `n`: the double of n, n - SHOPS, n - 2 SHOPS, … */
function totalAt(n: number): number {
  const rounds = Math.floor(n / SHOPS);
  return 2 * ((rounds + 1) * n - (SHOPS * rounds * (rounds + 1)) / 2);
}

function goalsOf(kind: Kind, cpu: CpuMeter, rows: readonly Row[]): Goal[] {
  const [ours, theirs] = [nameOf(kind, 'pipeline'), nameOf(kind, 'readline')];
  const { ratio } = rows.find(({ name }) => name === theirs)!;
  const cost = cpu.ratio(ours, theirs);
  const goal = FASTER_GOAL[kind];
  return [
    {
      text: `${kind}: ${ratio.toFixed(2)} x as fast as readline, at least ${goal}`,
      met: ratio >= goal,
    },
    { text: `${kind}: ${cost.toFixed(2)} x its CPU, at most ${CPU_GOAL}`, met: cost <= CPU_GOAL },
  ];
}
