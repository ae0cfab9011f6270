/** F8 and F9: packets through a crypto pool, in order, and what that costs in CPU time. */
import { withRigs } from '../rigs/rigs.js';
import { SealPackets } from '../rigs/seal-packets.js';
import type { SealRun } from '../rigs/seal-packets.js';
import { AloneSealRig, PadataSealRig, PiscinaSealRig } from '../rigs/seal-rigs.js';
import type { SealRig } from '../rigs/seal-rigs.js';
import type { Contestant, Goal, Outcome, Reading, Row, Scenario, Settings } from '../scenario.js';
import { measureInTurns, middle } from '../turns.js';

const SIZES = [1500];
const SIZES_FULL = [64, 256, 1500];
const WORKERS = 2;
const BATCH = 32;
const PACKETS = 120_000;

/** Whom softdlb is compared with: how many times as fast it has to be, and its share of CPU time. */
const RIVALS = [
  { label: 'piscina, a packet a task', faster: 2.5, main: 0.3, process: 0.6 },
  { label: `piscina, ${BATCH} packets a task`, faster: 1 },
  { label: 'two threads, no distribution', faster: 0.85 },
] as const;

/** A contestant's row and all its runs, the warm-up first. */
interface Result {
  readonly row: Row;
  readonly runs: readonly SealRun[];
}

export const cryptoPool: Scenario = {
  name: 'crypto-pool',
  topology: 'main ──▶ [ordered] ──▶ W1,W2 ──▶ [directed] ──▶ main   AES-128-GCM',
  about:
    'Packets are sealed by 2 workers, results in order: createPadata; Piscina with its data in shared ' +
    'memory too; and two threads that have their packets already and hand over nothing.',
  threads: 4,

  async run(settings, progress): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (const bytes of settings.full ? SIZES_FULL : SIZES) {
      progress.step(`${bytes} bytes:`);
      outcomes.push(await withRigs((open) => playSize(bytes, open, settings, progress)));
    }
    return {
      rows: outcomes.flatMap((outcome) => outcome.rows),
      readings: outcomes.flatMap((outcome) => outcome.readings),
      goals: outcomes.flatMap((outcome) => outcome.goals),
    };
  },
};

type Open = Parameters<Parameters<typeof withRigs>[0]>[0];

async function playSize(
  bytes: number,
  open: Open,
  settings: Settings,
  progress: { step(word: string): void },
): Promise<Outcome> {
  const packets = new SealPackets(bytes);
  const rigs: SealRig[] = [
    await open(PadataSealRig.open(packets, WORKERS)),
    await open(new PiscinaSealRig(packets, WORKERS, 1)),
    await open(new PiscinaSealRig(packets, WORKERS, BATCH)),
    await open(AloneSealRig.open(packets, WORKERS)),
  ];
  const names = ['softdlb', ...RIVALS.map(({ label }) => label)];
  const against = { name: `${bytes} bytes: softdlb`, label: 'softdlb' };
  const runs: SealRun[][] = rigs.map(() => []);
  const contestants = rigs.map((rig, i): Contestant => ({
    name: `${bytes} bytes: ${names[i]}`,
    events: PACKETS,
    against,
    async run(count) {
      const run = await rig.run(count);
      runs[i]!.push(run);
      return run;
    },
  }));
  const rows = await measureInTurns(contestants, 'events/s', settings, progress);
  const results = rows.map((row, i): Result => ({ row, runs: runs[i]! }));
  return { rows, readings: results.flatMap(readings), goals: goals(results) };
}

function readings({ row, runs }: Result): Reading[] {
  const own = runs.slice(1);
  return [
    {
      name: `${row.name}: CPU, all threads`,
      value: perPacket(own, 'cpuMicros'),
      unit: 'µs/packet',
    },
    { name: `${row.name}: CPU, main`, value: perPacket(own, 'mainMicros'), unit: 'µs/packet' },
  ];
}

function perPacket(runs: readonly SealRun[], of: 'cpuMicros' | 'mainMicros'): number {
  return middle(runs.map((run) => run[of] / run.packets));
}

/** Of each round, softdlb's CPU time by the rival's. */
function cpuRatio(ours: Result, theirs: Result, of: 'cpuMicros' | 'mainMicros'): number {
  const pairs = ours.runs.map((run, i) => run[of] / theirs.runs[i]![of]);
  return middle(pairs.slice(1));
}

function goals([ours, ...theirs]: readonly Result[]): Goal[] {
  return RIVALS.flatMap((rival, i) => {
    const result = theirs[i]!;
    const { name, ratio } = result.row;
    const speed = {
      text: `at least ${rival.faster} x as fast as ${name}`,
      met: ratio >= rival.faster,
    };
    if (!('main' in rival)) return [speed];
    const main = cpuRatio(ours!, result, 'mainMicros');
    const all = cpuRatio(ours!, result, 'cpuMicros');
    return [
      speed,
      share('main thread', main, rival.main, name),
      share('process', all, rival.process, name),
    ];
  });
}

function share(what: string, ratio: number, most: number, name: string): Goal {
  const text = `CPU of the ${what} per packet: ${ratio.toFixed(2)} x ${name}, at most ${most}`;
  return { text, met: ratio <= most };
}
