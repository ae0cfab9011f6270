/** What the three examples do, against what people would write with other means. */
import { fileURLToPath } from 'node:url';
import { GeneratedLog } from '../../examples/access-log/generated-log.js';
import { lineBlocks } from '../../examples/access-log/line-blocks.js';
import { LogReader } from '../../examples/access-log/log-reader.js';
import type { Block } from '../../examples/access-log/batch.js';
import { makeBlock } from '../../examples/gzip/block.js';
import { GeneratedText } from '../../examples/gzip/generated-text.js';
import { CaptureSource } from '../../examples/ipsec-gateway/capture-source.js';
import { GatewayWays, GzipWays, LogWays, openPiscina } from '../rigs/example-rigs.js';
import type { ExampleWays } from '../rigs/example-rigs.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Outcome, Run, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
const SEED = 1;
const BLOCK_BYTES = 64 * 1024;
const TEXT_BLOCKS = 100;
const LOG_LINES = 40_000;
/** From dist/bench/scenarios. */
const CAPTURE = new URL('../../../examples/ipsec-gateway/captures/mixed.pcap', import.meta.url);
const CAPTURE_ROUNDS = 30;

export const pipelineExamples: Scenario = {
  name: 'pipeline-examples',
  topology: 'main ──▶ [stages of an example] ──▶ W1,W2 ──▶ main',
  about:
    'gzip: 64 KB blocks of text, deflated in order; gateway: packets of a capture, classified, numbered per association, ' +
    'sealed in order; log: blocks of lines, parsed in order, counted per client. Piscina: a task an item and stage, behind ' +
    'Readable.map, which keeps the order; what needs the order of all is done on the main thread.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const most = settings.events ?? Infinity;
      const text = await textBlocks(Math.min(most, TEXT_BLOCKS));
      const [capture, log] = [await captureRecords(most), await logBlocks(most)];
      const pool = openPiscina(WORKERS);
      await open({ close: () => pool.destroy() });
      const bytes = BLOCK_BYTES + 1024;
      const gzip = await open(GzipWays.open(WORKERS, pool, bytes));
      const gateway = await open(GatewayWays.open(WORKERS, pool));
      const counting = await open(LogWays.open(WORKERS, pool));
      const contestants = [
        ...waysOf('gzip', gzip, text),
        ...waysOf('gateway', gateway, capture),
        // The word that there are no more comes last, however many there are.
        ...waysOf('log', counting, log, 'end' as const),
      ];
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: [] };
    }),
};

function waysOf<In>(
  example: string,
  ways: ExampleWays<In>,
  items: readonly In[],
  last?: In,
): Contestant[] {
  const against = { name: `${example}: pipeline`, label: 'pipeline' };
  const play =
    (way: (items: readonly In[]) => Promise<number> | number) =>
    async (count: number): Promise<Run> => {
      const some = items.slice(0, count);
      if (last !== undefined) some.push(last);
      const expected = await ways.alone(some);
      const startedAt = performance.now();
      const found = await way(some);
      const ms = performance.now() - startedAt;
      return { ms, problems: found === expected ? [] : [`found=${found}, expected=${expected}`] };
    };
  const events = items.length;
  return [
    { name: against.name, events, run: play((some) => ways.pipeline(some)) },
    {
      name: `${example}: piscina, Readable.map`,
      events,
      against,
      run: play((some) => ways.piscina(some)),
    },
    { name: `${example}: one thread`, events, against, run: play((some) => ways.alone(some)) },
  ];
}

async function textBlocks(count: number): Promise<Uint8Array[]> {
  const text = new GeneratedText(count * BLOCK_BYTES, SEED);
  const buffer = new Uint8Array(BLOCK_BYTES);
  const blocks: Uint8Array[] = [];
  while ((await text.read(buffer)) > 0) blocks.push(makeBlock(new Uint8Array(0), buffer));
  return blocks;
}

async function captureRecords(most: number): Promise<Uint8Array[]> {
  const { signal } = new AbortController();
  const source = await CaptureSource.open(fileURLToPath(CAPTURE), CAPTURE_ROUNDS, signal);
  const records: Uint8Array[] = [];
  for await (const record of source.records()) {
    if (records.push(record.slice()) >= most) break;
  }
  await source.close();
  return records;
}

async function logBlocks(most: number): Promise<Block[]> {
  const blocks: Block[] = [];
  const log = new LogReader('log', new GeneratedLog(LOG_LINES, SEED));
  for await (const { bytes } of lineBlocks(log.pieces())) {
    if (blocks.push(bytes) >= most) break;
  }
  return blocks;
}
